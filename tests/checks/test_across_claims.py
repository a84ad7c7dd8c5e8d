"""What spans claims of a batch, and which claims it spans: those of one patient by one provider."""

from collections.abc import Iterator

from claimcheck import Checker, Claim
from claimcheck.authoring.examples import a_claim, a_line
from claimcheck.claim import OUTPATIENT, PROFESSIONAL, Setting
from claimcheck.engine.loop import raise_errors

ONE, OTHER, SOMEBODY = "1993999998", "1234567802", "1999999984"


def repeated(*providers: tuple[str | None, str | None], setting: Setting = PROFESSIONAL) -> list[str]:
    """The claims whose line is said to repeat one of another claim; each is by a billing and a rendering provider."""

    def claims() -> Iterator[Claim]:
        for number, (billing_npi, rendering_npi) in enumerate(providers):
            line = a_line("99213", setting=setting, rendering_npi=rendering_npi)
            yield a_claim(line, setting=setting, billing_npi=billing_npi, patient_id="P")._replace(claim_id=str(number))

    return [
        m.claim_id or ""
        for m in Checker(select=["DUP-LINE"], on_error=raise_errors).run(claims())
        if m.check == "DUP-LINE"
    ]


def test_one_provider() -> None:
    assert repeated((ONE, None), (ONE, None)) == ["1"]
    assert repeated((ONE, SOMEBODY), (OTHER, SOMEBODY)) == ["1"]


def test_two_providers() -> None:
    assert repeated((ONE, None), (OTHER, None)) == []


def test_a_provider_who_is_not_named_is_not_known_to_be_the_same() -> None:
    assert repeated((None, None), (None, None)) == []
    assert repeated(("", ""), ("", "")) == []
    assert repeated((None, SOMEBODY), (None, SOMEBODY)) == ["1"]


def test_a_hospital_is_who_bills_whoever_attends() -> None:
    assert repeated((ONE, SOMEBODY), (ONE, SOMEBODY), setting=OUTPATIENT) == ["1"]
    assert repeated((ONE, SOMEBODY), (OTHER, SOMEBODY), setting=OUTPATIENT) == []
    assert repeated((None, SOMEBODY), (None, SOMEBODY), setting=OUTPATIENT) == []
