"""Provider taxonomy codes: which are valid, and the Medicare specialties of each. NUCC's names of them are left where
they are."""

from typing import Final

from claimcheck.rulebook.tables import Table
from claimcheck.rulebook.tables.code_sets import LISTED

TAXONOMIES: Final = "taxonomies"
"""The codes of NUCC's set. One that NUCC deactivated is listed to that day."""
SPECIALTIES: Final = "specialties"
"""By taxonomy code, the Medicare specialty codes that such a provider may be enrolled with: ``08``, ``06 11``."""

TABLES: Final = {
    TAXONOMIES: Table(
        LISTED,
        "taxonomy code list",
        "NUCC, Health Care Provider Taxonomy",
        "https://www.nucc.org/index.php/code-sets-mainmenu-41/provider-taxonomy-mainmenu-40",
        ships=True,
        keys="taxonomy",
    ),
    SPECIALTIES: Table(
        LISTED,
        "taxonomy crosswalk",
        "Medicare Provider and Supplier Taxonomy Crosswalk",
        "https://data.cms.gov/provider-characteristics/medicare-provider-supplier-enrollment/"
        "medicare-provider-and-supplier-taxonomy-crosswalk",
        ships=True,
        keys="taxonomy",
    ),
}
