"""Pages of leads. Only here may `leads` look up, through the queries of the apps above."""
