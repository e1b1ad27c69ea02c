"""What columns of tables are called that hold no counts, in English, German and other languages of laboratories.

The names of what is counted are declared by the model.
"""

from __future__ import annotations

SINCE = {"day": r"days?|tage?", "week": r"weeks?|wochen?", "month": r"months?|monate?"}
"""By kind how a header begins that counts from an event: ``days since first dose``, ``Monate nach Therapie``."""

LEUKOCYTES = "leukocytes"
"""The kind of a column of all white cells, which is used only as the parent of shares."""

CLOCK = "clock"
"""The kind of a column of times of the day, beside one of dates."""

NAMES = {
    "patient": "patient|patient id|patient no|patient number|patient name|id|subject|subject id|subject no|subjid|"
    "usubjid|pid|case|record id|study id|mrn|pseudonym|patient nr|patienten nr|patientennr|patientennummer|"
    "patienten id|patientenid|pat nr|pat id|pat|patientin|fall|fallnummer|nummer|paziente|paciente|patientenkennung|"
    "kennung|fallnr|fall nr|subject identifier|patient identifier|patient code|patientkod|numéro patient|n patient|"
    "id patient|id paziente|id paciente|codice paziente|código paciente|patientid|patientnr",
    "date": "date|visit date|sample date|sampling date|date of visit|date of sample|collection date|draw date|"
    "date drawn|collected|date time|datetime|result date|lbdtc|datum|abnahmedatum|entnahmedatum|probendatum|"
    "besuchsdatum|visitendatum|untersuchungsdatum|datum der abnahme|datum der entnahme|befunddatum|"
    "date de prélèvement|date prélèvement|date du prélèvement|fecha|data|data prelievo|collection datetime|"
    "collection date time|collection time stamp|charttime|chart time|sample datetime|specimen date|date of collection|"
    "date of sampling|date de visite|date de la visite|fecha de extracción|fecha extracción|fecha de muestra|"
    "data del prelievo|data visita|provdatum|provtagningsdatum|abnahme|probenentnahme|blutentnahme|blutentnahmedatum|"
    "abnahmezeitpunkt|probenahme|probenahmedatum",
    "time": "time|nominal time|actual time|relative time|time since start|time since first dose|time after first dose|"
    "zeit",
    "day": "day|days|study day|day of study|days since start|lbdy|visit day|tag|tage|studientag|jour|jours|día|dia|"
    "giorno|giorni|días|dag|dagar|visittag|untersuchungstag|behandlungstag|nominal day|day nominal|jour de visite",
    "week": "week|weeks|study week|woche|wochen|studienwoche|semaine|semaines|semana|semanas|settimana|settimane|"
    "vecka|veckor|wk|wks",
    "month": "month|months|study month|monat|monate|mois|mes|meses|mese|mesi|månad|månader|mo|mth",
    CLOCK: "clock time|clock|time of day|sample time|sampling time|draw time|collection time|uhrzeit|abnahmezeit|"
    "entnahmezeit|heure|heure de prélèvement|hora|ora|klockslag|tid|abnahmeuhrzeit",
    "age": "age|age at start|age at baseline|age years|alter|alter jahre|âge|edad|età|ålder",
    "sex": "sex|gender|geschlecht|sexe|sexo|sesso|kön",
    "weight": "weight|body weight|bodyweight|wt|gewicht|körpergewicht|kg|poids|peso|vikt|kroppsvikt",
    "birth_date": "birth date|birthdate|date of birth|dob|born|geburtsdatum|geb datum|geb|geburtstag",
    "dose": "dose|amount|amt|dose given|dosis|menge|dosierung|gesamtdosis|dosi|dos|dose administered",
    "duration": "duration|infusion duration|infusion|infusion time|infused over|duration of infusion|tinf|"
    "infusionsdauer|dauer|dauer der infusion|durée",
    "drug": "drug|treatment|medication|agent|medikament|wirkstoff|substanz|arzneimittel|präparat|médicament|läkemedel|"
    "fármaco|farmaco|medicamento|traitement|drug name|medication name|therapie",
    "remark": "source|sources|reference|note|notes|comment|comments|remark|remarks|n|line|visit|visit no|visit name|"
    "bemerkung|bemerkungen|kommentar|kommentare|notiz|visite|besuch|labor|lab|site|centre|center|zentrum|arm|"
    "reference range|referenzbereich|norm|normalbereich|flag|flags|auftrag|order id|sample id|probe|proben nr",
    LEUKOCYTES: "leukocytes|leucocytes|leukocyte|wbc|white blood cells|white blood cell|white cell|white blood|white|"
    "leukozyten|leukos|leuko|leucos|leucocitos|leucociti|leucocytes totaux|leukocyter|globules blancs|gb|leu|leuk",
    "test": "test|test name|testname|parameter|analyte|label|lab test name|labtest|component name|test description|"
    "examen|esame|prueba|determinación|determinacion|parametro|parámetro|paramètre|analys|analysis|assay|lab test|"
    "laboratory test|item|measurement|lbtest|lbtestcd|untersuchung|analyse|analyt|kenngröße|messgröße|laborwert|"
    "bezeichnung|component|observation",
    "result": "result|results|value|result value|test result|lborres|lbstresn|lbstresc|numeric result|messwert|"
    "ergebnis|wert|befund|résultat|valor|risultato|resultado|valuenum|value numeric|result numeric|valeur|valore|"
    "resultat|svar",
    "unit": "unit|units|einheit|einheiten|lborresu|lbstresu|result unit|unité|dimension|unità|unita|unidad|unidades|"
    "valueuom|result units|enhet",
}
"""By kind the plain names of a column."""

TIMES = ("day", "week", "month", "time", "date", CLOCK)
"""The kinds of columns that say when something was; where a table has several, the first is read."""

USUAL_DIMENSIONS = {"age": "year", "weight": "kg", "dose": "mg", "duration": "day", "time": "day"}
"""The unit that the unit of a column must be convertible to."""
