"""Makes no DAG: says as an import error what is wrong with a file of `include/feeds`, while the other feeds go on.

`synthea_gate.py` makes the DAG of every feed whose file is right. Airflow shows an import error of this file for all
others: their DAGs are missing until the files are right.
"""

from lake_gate.include import read_feeds

if errors := read_feeds()[1]:
    raise ValueError("\n".join(map(str, errors)))
