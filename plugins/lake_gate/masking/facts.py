"""Facts about the United States that the masking needs. Pure."""

from __future__ import annotations

_SPARSE_ZIP3_TEXT = "036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893"
SPARSE_ZIP3 = frozenset(_SPARSE_ZIP3_TEXT.split())
"""First three digits of ZIP codes of areas with 20,000 or fewer people, by the census of 2000.

Source: https://www.hhs.gov/hipaa/for-professionals/special-topics/de-identification/index.html ("The 17 restricted ZIP
codes"). The same page says not to rely on this list if more current data have been published.
"""

_STATES_TEXT = """
AL Alabama; AK Alaska; AZ Arizona; AR Arkansas; CA California; CO Colorado; CT Connecticut; DE Delaware;
DC District of Columbia; FL Florida; GA Georgia; HI Hawaii; ID Idaho; IL Illinois; IN Indiana; IA Iowa; KS Kansas;
KY Kentucky; LA Louisiana; ME Maine; MD Maryland; MA Massachusetts; MI Michigan; MN Minnesota; MS Mississippi;
MO Missouri; MT Montana; NE Nebraska; NV Nevada; NH New Hampshire; NJ New Jersey; NM New Mexico; NY New York;
NC North Carolina; ND North Dakota; OH Ohio; OK Oklahoma; OR Oregon; PA Pennsylvania; RI Rhode Island;
SC South Carolina; SD South Dakota; TN Tennessee; TX Texas; UT Utah; VT Vermont; VA Virginia; WA Washington;
WV West Virginia; WI Wisconsin; WY Wyoming; AS American Samoa; GU Guam; MP Northern Mariana Islands; PR Puerto Rico;
VI Virgin Islands
"""
_STATE_PAIRS = (state.strip().partition(" ") for state in _STATES_TEXT.split(";"))
STATES = {abbreviation: name for abbreviation, _, name in _STATE_PAIRS}
"""States, the District of Columbia and territories by their abbreviation.

Source: https://pe.usps.com/text/pub28/28apb.htm
"""
