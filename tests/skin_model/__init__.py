"""A model of three lines for what scenarios may say beside doses: a volume, an effect, a challenge, a relapse.

d D/dt = - k D                                a depot, which covers an area by its injected volume
d A/dt = challenge (1 - effect) - k A         an alarm, which a challenge rings and a treatment damps
d R/dt = - k R                                a deficit, which relapses enter
"""

from collections.abc import Mapping
from pathlib import Path

from immunosim.model.drug import Drug
from immunosim.model.network import Network
from immunosim.model.package import ModelPackage
from immunosim.model.rate_laws import hill
from immunosim.model.readout_info import DefaultQuestions, DisplayGroup, ReadoutInfo

DEPOT = Drug(
    name="depot_steroid",
    label="depot steroid",
    route="intralesional",
    given="bolus",
    enters="depot",
    holds=("depot",),
    usual="15 mg in a session",
    plausible=(0.5, 80.0),
    source=("assumed",),
    volume_sets="injected_volume",
    colour="#CC79A7",
    shape="circle",
    site="skin",
)

CALMING = Drug(
    name="calming",
    label="calming treatment",
    route="topical",
    given="continuous",
    enters="calming",
    takes_effect=True,
    without_balance="nothing is known of its mass",
    usual="an effect that the scenario assumes",
    source=("assumed",),
    colour="#009E73",
    shape="bar",
)


def build_network(parameter_units: Mapping[str, str]) -> Network:
    """Declare the network over the parameters whose names and units are given."""
    net = Network("skin", parameter_units)
    net.declare_mechanism("skin", "skin and what is injected into it", "nothing happens")
    net.declare_mechanism("relapses", "deficits that relapses leave", "no relapse leaves a deficit")
    net.declare_group("skin", DisplayGroup("Skin", "relative"))
    with net.mechanism("skin"):
        challenge = net.add_input("challenge", "challenge", "1/day")
        calming = net.add_input("calming", "effect of the calming treatment", "1")
        depot = net.add_pool("depot", "depot", "mg", 0.0, scale=10.0)
        alarm = net.add_pool("alarm", "alarm", "1", 0.0, scale=1.0)
        covered = net.signal("covered", hill(depot, net["half_covered"] * net["injected_volume"], 2))
        net.loss("uptake from the depot", depot, net["uptake_rate"] * depot)
        net.gain("ringing of the alarm", alarm, challenge * (1 - calming))
        net.loss("end of the alarm", alarm, net["uptake_rate"] * alarm)
        net.readout("alarm_now", alarm, "1", "alarm", ReadoutInfo(group="skin", curve="alarm", colour="blue"))
        net.readout("share_covered", covered, "1", "share covered", ReadoutInfo(group="skin", colour="green"))
    with net.mechanism("relapses"):
        deficit = net.add_pool("deficit", "deficit", "1", 0.0, scale=1.0)
        net.loss("recovery", deficit, net["uptake_rate"] * deficit)
        net.readout("deficit_now", deficit, "1", "deficit", ReadoutInfo(group="skin", colour="orange"))
    net.questions = DefaultQuestions(endpoints=("mean of alarm_now",), elasticities=("alarm_now",))
    return net


MODEL = ModelPackage(
    name="skin",
    title="a depot, an alarm and a deficit",
    network="skin_model:build_network",
    folder=Path(__file__).parent,
    drugs=(DEPOT, CALMING),
    relapse_pool="deficit",
    challenge_inputs=("challenge",),
)
