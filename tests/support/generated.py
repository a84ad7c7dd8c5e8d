"""Claims of every kind and shape, for properties."""

from hypothesis import strategies as st

from claimcheck import Claim, Line, Service
from claimcheck.claim import SETTINGS, Party
from claimcheck.rulebook.opening import open_book

BOOK = open_book("starter")
CODES = sorted({key[0] for key in BOOK.keys("fee_schedule")})
MODIFIERS = [str(modifier) for modifier in BOOK.keys("modifiers")]
ANY_TEXT = st.text(max_size=8)

codes = st.sampled_from(CODES) | st.sampled_from(["", "7742", "ZZZZZ", "99999", "J9999"]) | ANY_TEXT
units = st.sampled_from(["1", "2", "3", "0", "-1", "0.5", "1e400", "NaN", "", "999999999999", "2.0"]) | ANY_TEXT
modifiers = st.lists(st.sampled_from(MODIFIERS) | ANY_TEXT, max_size=5).map(tuple)
days = st.sampled_from(
    [
        "20240814",
        "20240815",
        "20250310",
        "2025-03-10",
        "20250311",
        "20111231",
        "20241231",
        "20251231",
        "20991231",
        "20250230",
        "",
        "x",
    ]
)
places = st.sampled_from(["11", "21", "22", "24", "31", "99", "00", ""]) | st.none() | ANY_TEXT
npis = st.sampled_from(["1234567802", "1993999998", "1234567893", "123"]) | st.none() | ANY_TEXT


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    setting = draw(st.sampled_from(SETTINGS))
    day = draw(days)
    days_of_lines = st.just(day) | days if draw(st.booleans()) else st.just(day)

    def line(number: int) -> Line:
        service = Service(
            draw(codes), draw(modifiers), draw(units), draw(st.sampled_from(["UN", "MJ", "DA", ""])), draw(places),
            setting, draw(st.sampled_from(["HC", "HC", "HC", "IV", "XX"])),
        )  # fmt: skip
        return Line(
            service,
            draw(days_of_lines),
            to_date=draw(st.just("") | days),
            number=str(number),
            charge=draw(st.sampled_from(["100.00", "0", "0.01", "-1", "", "x"]) | st.none()),
            pointers=draw(st.lists(st.sampled_from(["1", "2", "13", "A", ""]), max_size=5).map(tuple) | st.none()),
            rendering_npi=draw(npis),
            rendering_taxonomy=draw(st.sampled_from(["207Q00000X", "225100000X", "363LF0000X"]) | st.none()),
            revenue_code=draw(st.sampled_from(["0333", "0972", "33", ""]) | st.none()),
        )

    # Distinct billed lines only: two lines that are one object can't be told apart in an order.
    lines = tuple(line(i) for i in range(1, draw(st.integers(0, 4)) + 1))
    return Claim(
        "C1",
        lines,
        setting,
        type_of_bill=draw(st.sampled_from(["131", "851", "111", None])),
        billing_npi=draw(npis),
        billing_taxonomy=draw(
            st.sampled_from(["207Q00000X", "293D00000X", "363A00000X", "193200000X", "207Q00000N", "x"]) | st.none()
        ),
        birth_date=draw(days | st.none()),
        sex=draw(st.sampled_from(["F", "M", "U", "X", ""]) | st.none()),
        payer_id=draw(st.sampled_from(["12345", ""]) | st.none()),
        billing_provider=draw(st.sampled_from([Party("1"), Party("2")]) | st.none()),
        payer_responsibility=draw(st.sampled_from(["P", "S", "T", ""]) | st.none()),
        other_payers=draw(st.sampled_from([(), ("12345",)]) | st.none()),
        received_date=draw(days | st.none()),
        diagnoses=draw(st.lists(st.just("I10"), max_size=13).map(tuple) | st.none()),
    )
