"""A claim in which everything that names a patient is a canary."""

CANARIES = {
    "last": "CANARYLAST",
    "first": "CANARYFIRST",
    "street": "CANARYSTREET",
    "city": "CANARYCITY",
    "member": "CANARYMEMBER",
    "birth": "19310207",
    "other": "CANARYOTHER",
    "note": "CANARYNOTE",
    "group": "CANARYGROUP",
    "zip": "CANARYZIP",
}
FILE = """ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250320*0930*^*00501*000000007*0*T*:~
GS*HC*SENDER*RECEIVER*20250320*0930*7*X*005010X222A1~
ST*837*0001*005010X222A1~
BHT*0019*00*7*20250320*0930*CH~
NM1*41*2*SUBMITTER*****46*SENDER~
NM1*40*2*PAYER*****46*RECEIVER~
HL*1**20*1~
PRV*BI*PXC*207Q00000X~
NM1*85*2*CLINIC*****XX*1234567890~
HL*2*1*22*1~
SBR*P**{group}******MB~
NM1*IL*1*{last}*{first}****MI*{member}~
N3*{street}~
N4*{city}*OH*432150001~
DMG*D8*{birth}*F~
NM1*PR*2*PAYER*****PI*PAYER1~
HL*3*2*23*0~
PAT*19~
NM1*QC*1*{last}*{first}~
N3*{street}~
DMG*D8*{birth}*M~
CLM*CLAIM7*100***22:B:1*Y*A*Y*Y~
NTE*ADD*{note}~
HI*ABK:I10~
NM1*77*2*CENTER~
N4*{city}*OH*{zip}~
SBR*S*18*{group}******CI~
OI***Y***Y~
NM1*IL*1*{other}*{first}****MI*{member}~
LX*1~
SV1*HC:77424:26:26*-5*UN*1e400***9~
DTP*472*D8*19000101~
REF*6R*CONTROL7~
NTE*ADD*{note}~
NM1*PW*2~
N4*{city}*OH*{zip}~
LX*2~
SV1*HC:99999:ZZ::::{note}*0*UN*2***1~
DTP*472*RD8*20250310-20250201~
SE*99*0002~
GE*1*7~
IEA*1*000000007~
"""


def canaries_in(text: str) -> list[str]:
    return [canary for canary in CANARIES.values() if canary in text]
