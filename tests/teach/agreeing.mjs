// What the page makes of answers and links: verdicts on given answers, documents of links, links of documents.
import { data, load } from "./reading.mjs";

const { judge, judgeState } = await load("lessons");
const { decodeLink, encodeLink } = await load("scenario");

function verdict(task, answer, given) {
  if (task.kind === "state") return judgeState(task, given) ? "right" : "wrong";
  const { isRight, known } = judge(task, answer, given);
  return isRight ? "right" : task.kind === "choice" ? given : known ? known.id : "wrong";
}

const judged = data.judged.map(({ task, answer, given }) => given.map((value) => verdict(task, answer, value)));
const decoded = data.links.map(({ link, bases }) => decodeLink(link, bases).doc);
const encoded = data.links.map(({ document, bases, name }) => encodeLink(document, bases[name], name));
console.log(JSON.stringify({ judged, decoded, encoded }));
