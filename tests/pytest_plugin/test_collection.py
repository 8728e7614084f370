import pytest


def test_every_mistake_of_a_file_is_reported_with_its_place_and_remedy(warm):
    warm.claims(
        """
        @claim("P01", "§1", spec="tiny/alpha", control=permuted("alpha"))
        def test_without_a_sentence(results):
            assert estimate(fall(results)).below(1)

        @claim("P02", "§1", spec="tiny/alhpa", expected="true")
        def test_three_mistakes(results):
            "It falls."
        """
    )
    outcome = warm.run()
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    outcome.stdout.fnmatch_lines(
        [
            "*ERROR collecting claims/test_tiny.py*",
            "claims/test_tiny.py:12  a claim has no docstring; its first sentence is*",
            'claims/test_tiny.py:16  expected = "true" is not a verdict; *',
            "claims/test_tiny.py:16  a claim has no control; name an experiment*",
            'claims/test_tiny.py:16  spec = "tiny/alhpa": there is no file '
            'specs/tiny/alhpa.toml; did you mean "tiny/alpha"?',
        ]
    )
    outcome.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize("options", [[], ["-n", "1"]], ids=["alone", "xdist"])
def test_mistakes_are_reported_by_a_process_that_had_not_loaded_grokspec(warm, options):
    warm.claims(
        """
        @claim("P01", "§1", spec="tiny/alpha")
        def test_one(results):
            "It falls."
        """
    )
    outcome = warm.run_apart(*options)
    assert outcome.ret != 0
    outcome.stdout.fnmatch_lines(["*a claim has no control; name an experiment*"])
    outcome.stdout.no_fnmatch_line("*INTERNALERROR*")


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            """
            @pytest.mark.xfail
            @claim("P01", "§1", spec="tiny/alpha", control=permuted("alpha"))
            def test_one(results):
                "It falls."
            """,
            "*a claim takes no xfail; write the verdict that it reaches as expected=",
        ),
        (
            """
            @claim("P01", "§1", spec="tiny/alpha", control=permuted("alpha"))
            def test_one():
                "It falls."
            """,
            "*a claim has spec= and does not read it; let its test take `results`",
        ),
        (
            """
            @claim("P01", "§1", control=permuted("alpha"))
            def test_one(results):
                "It falls."
            """,
            '*a claim takes `results` without a spec; name it, like spec="polynomial/alpha"',
        ),
        (
            """
            @claim("P01", "§1", given=2, spec="tiny/alpha", control=permuted("alpha"))
            def test_one(results, given):
                "It falls."
            """,
            "*a claim has both spec= and given=; it reads only one of them",
        ),
        (
            """
            @claim("T01", "§1", given=2, control=instead("three", 3))
            def test_one():
                "Two."
            """,
            "*a claim has given= and does not read it; let its test take `given`",
        ),
        (
            """
            @claim("T01", "§1", control=instead("three", 3))
            def test_one():
                "Two."
            """,
            "*a claim reads nothing, so no control can change its verdict; let its test take*",
        ),
    ],
)
def test_a_claim_that_contradicts_itself_is_a_mistake(warm, claim, message):
    warm.claims(claim)
    warm.run().stdout.fnmatch_lines([message])


def test_what_is_no_text_is_a_mistake(cold):
    cold.claims(
        """
        @claim(7, None, spec=("tiny/alpha", 5), expected=None, headline=3, control=held("alpha"))
        def test_one(results):
            "It falls."

        @claim("T1", "§1", given=2, expected="suported", control="three")
        def test_two(given):
            "Two."
        """
    )
    outcome = cold.run()
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    fields = ["id = 7", "source = None", "expected = None", "spec = 5", "headline = 3"]
    outcome.stdout.fnmatch_lines([f"*:12  {field} is no text; *" for field in fields])
    outcome.stdout.fnmatch_lines(["*:16  expected = * is not a verdict; *", "*'three' is not a *"])
    outcome.stdout.no_fnmatch_line("*INTERNALERROR*")


SIMPLE = """
@claim("P01", "§1", spec="tiny/alpha", control=permuted("alpha"))
def test_it_falls(results):
    "It falls."
    assert estimate(fall(results)).below(1)
"""


def test_specs_are_in_the_nearest_folder_of_that_name(warm):
    path = warm.claims(SIMPLE)
    deep = path.parent / "deep" / "down"
    deep.mkdir(parents=True)
    path.rename(deep / "test_deep.py")
    warm.run().assert_outcomes(passed=1)


def test_the_folder_of_specs_can_be_named_in_the_configuration(warm):
    warm.claims(SIMPLE)
    (warm.folder / "specs").rename(warm.folder / "experiments")
    warm.run().stdout.fnmatch_lines(['*there is no folder called "specs" here or above*'])
    warm.configure("grokspec_specs = experiments")
    warm.run().assert_outcomes(passed=1)


def test_the_marker_is_known(warm):
    warm.claims(SIMPLE)
    warm.run("--strict-markers", "-m", "claim").assert_outcomes(passed=1)
    assert "claim(id, expected): a claim" in warm.run("--markers").stdout.str()


NAMED = """
@claim("P07", "§1", spec="tiny/alpha", control=permuted("alpha"))
def test_one(results): "It falls."

@claim("P7b", "§1", spec=("tiny/alpha", "tiny/epsilon"), expected="refuted",
       positive_control=reversed_in_time())
def test_two(results): "It rises."

@claim("T1", "§2", given=2, control=instead("three", 3))
def test_three(given): "Two."

def test_of_no_claim(): pass
"""


@pytest.mark.parametrize(
    ("selection", "tests"),
    [
        (["-k", "P07"], {"one"}),
        (["-k", "p7b or t1"], {"two", "three"}),
        (["-k", "tiny/epsilon"], {"two"}),
        (["-k", "tiny/alpha and not refuted"], {"one"}),
        (["-k", "epsilon"], {"two"}),
        (["-k", "supported"], {"one", "three"}),
        (["-k", "refuted"], {"two"}),
        (["-m", "claim(id='P07')"], {"one"}),
        (["-m", "claim(expected='supported')"], {"one", "three"}),
        (["-m", "not claim"], {"of_no_claim"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_claims_are_selected_by_what_every_page_calls_them(cold, selection, tests):
    cold.claims(NAMED)
    collected = cold.run("--collect-only", "-q", *selection).stdout.lines
    assert {line.split("::test_")[1] for line in collected if "::" in line} == tests


def test_a_tilde_is_the_home_of_the_user_in_every_option_and_setting(warm, monkeypatch):
    warm.claims(SIMPLE)
    home = warm.folder / "home"
    home.mkdir()
    (warm.folder / "specs").rename(home / "experiments")
    monkeypatch.setenv("HOME", str(home))
    warm.configure(
        "grokspec_specs = ~/experiments", "addopts = --checklist=~/list.json --figures=~/figures"
    )
    (home / "store").symlink_to(warm.store_folder)
    warm.store_folder = "~/store"
    warm.run("--grokspec-run=never").assert_outcomes(passed=1)
    assert {file.name for file in home.iterdir()} == {
        "experiments",
        "figures",
        "list.json",
        "store",
    }
    assert not (warm.folder / "~").exists()


@pytest.mark.parametrize("option", ["--checklist", "--figures", "--grokspec-store"])
def test_the_home_of_nobody_is_a_usage_error(cold, option):
    cold.claims(SIMPLE)
    outcome = cold.run(f"{option}=~nobody-here/x")
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines([f"ERROR: {option}: ~nobody-here/x: there is no home folder *"])


def test_specs_in_the_home_of_nobody_are_a_mistake_of_the_claims(cold):
    cold.claims(SIMPLE)
    cold.configure("grokspec_specs = ~nobody-here/x")
    outcome = cold.run()
    assert outcome.ret == pytest.ExitCode.INTERRUPTED
    outcome.stdout.fnmatch_lines(["grokspec_specs: ~nobody-here/x: there is no home folder *"])
