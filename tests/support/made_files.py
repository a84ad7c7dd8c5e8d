"""Claim files that are put together: any well-formed 837, whatever its delimiters and line ends, and rows."""

import io

from hypothesis import strategies as st

from claimcheck import read
from claimcheck.claim import Claim, Location


def claims_of(data: bytes, name: str = "x.837") -> list[Claim]:
    return [item for item in read(io.BytesIO(data), name=name) if isinstance(item, Claim)]


def bare(claim: Claim) -> Claim:
    """A claim without its place in the file, those of the envelopes around it, and what else it is among: another
    part may have the claim whose number it repeats."""
    lines = tuple(line._replace(place=0) for line in claim.lines)
    return claim._replace(locus=Location(""), lines=lines, submission=None, repeats_number=False)


Patient = int  # how many claims
Subscriber = tuple[int, list[Patient]]  # his own claims, his dependants'
Provider = list[Subscriber]

counts = st.integers(1, 3)
subscribers = st.tuples(st.integers(0, 3), st.lists(counts, max_size=2)).filter(lambda s: s[0] or s[1])
providers = st.lists(subscribers, min_size=1, max_size=3)
sets = st.lists(providers, min_size=1, max_size=3)
interchanges = st.lists(st.lists(sets, min_size=1, max_size=2), min_size=1, max_size=2)
files = st.lists(interchanges, min_size=1, max_size=2).map(lambda found: [group for item in found for group in item])


class Written:
    """An 837 in writing."""

    def __init__(self, element: str, component: str, terminator: str) -> None:
        self.element, self.component, self.terminator = element, component, terminator
        self.segments: list[str] = []
        self.claim_id = 0
        self.first = 0
        self.levels = 0

    def add(self, text: str) -> None:
        self.segments.append(text.translate({ord("*"): self.element, ord(":"): self.component}))

    def level(self, parent: int | str, kind: str, child: bool) -> int:
        self.levels += 1
        self.add(f"HL*{self.levels}*{parent}*{kind}*{int(child)}")
        return self.levels

    def interchange(self, number: int, groups: list[list[list[Provider]]]) -> None:
        blank = " " * 10
        self.add(f"ISA*00*{blank}*00*{blank}*ZZ*{'S':15}*ZZ*{'R':15}*250301*1200*^*00501*{number:09}*0*T*:")
        for at, sets in enumerate(groups, start=1):
            self.add(f"GS*HC*S*R*20250301*1200*{at}*X*005010X222A1")
            for of, made in enumerate(sets, start=1):
                self.transaction(f"{of:04}", made)
            self.add(f"GE*{len(sets)}*{at}")
        self.add(f"IEA*{len(groups)}*{number:09}")

    def transaction(self, control: str, providers: list[Provider]) -> None:
        self.first, self.levels = len(self.segments), 0
        self.add(f"ST*837*{control}*005010X222A1")
        self.add(f"BHT*0019*00*{control}*20250301*1200*CH")
        self.add("NM1*41*2*SENDER*****46*S")
        for provider in providers:
            above = self.level("", "20", True)
            self.add(f"NM1*85*2*CLINIC*****XX*{1000000000 + above}")
            for own, patients in provider:
                self.subscriber(above, own, patients)
        self.add(f"SE*{len(self.segments) - self.first + 1}*{control}")

    def subscriber(self, above: int, own: int, patients: list[Patient]) -> None:
        here = self.level(above, "22", bool(patients))
        self.add("SBR*P*18*******MB")
        self.add(f"NM1*IL*1*SPECIMEN*ANN****MI*M{here}")
        self.claims(own)
        for patient in patients:
            self.level(here, "23", False)
            self.add("PAT*19")
            self.add(f"NM1*QC*1*SPECIMEN*P{self.levels}")
            self.claims(patient)

    def claims(self, many: int) -> None:
        for _ in range(many):
            self.claim_id += 1
            self.add(f"CLM*C{self.claim_id}*100***11:B:1*Y*A*Y*Y")
            self.add("HI*ABK:J0300")
            for line in range(1, 1 + self.claim_id % 3 + (self.claim_id % 3 == 0)):
                self.add(f"LX*{line}")
                self.add("SV1*HC:99213*100*UN*1***1")
                self.add("DTP*472*D8*20250228")


@st.composite
def written(draw: st.DrawFn) -> bytes:
    element, component, other = draw(st.permutations(list("*:~|!+>")))[:3]
    terminator = draw(st.sampled_from([other, "\n", "'"]))
    made = Written(element, component, terminator)
    for number, groups in enumerate(draw(st.lists(interchanges, min_size=1, max_size=2)), start=1):
        made.interchange(number, groups)
    end = terminator + draw(st.sampled_from(["", "\n", "\r\n"] if terminator != "\n" else [""]))
    start = draw(st.sampled_from([b"", b"\xef\xbb\xbf", b"\r\n"]))
    return start + "".join(segment + end for segment in made.segments).encode()


def simple(*patients: int, own: int = 0) -> bytes:
    made = Written("*", ":", "~")
    made.interchange(1, [[[[(own, list(patients))]]]])
    return "".join(segment + "~\n" for segment in made.segments).encode()


# -- rows ---------------------------------------------------------------------------------------

HEADER = "claim_id,code,from_date,units,description"


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def row(claim: int, code: str, text: str) -> str:
    return f"C{claim},{code},2025-03-10,1,{quoted(text)}"
