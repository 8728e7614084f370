"""The room of the notebook: five lines from a spec to its results, and how they look there.

    api                load, plan, run and results, which `grokspec` itself offers
    results            what was recorded, as xarray, as pandas, or for TensorBoard
    tables             one row a record, or one a run
    tensorboard        one folder of events a run
    progress           how far training is, in a notebook or on a terminal
    script             training from a script that has no guard around it
    plain              a spec, a plan and results in one line
    html               pieces of HTML
    html_of_plan       a spec and a plan
    html_of_results    results
    html_of_finding    a verdict, with its interval against its region
    drawing            that interval as SVG

The HTML is small and escaped, takes its colours from the page around it, and needs no script and
no network.
"""
