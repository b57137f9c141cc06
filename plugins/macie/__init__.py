"""Amazon Macie for Airflow, shaped like one service of the amazon provider: hook, operators, sensors, triggers."""
