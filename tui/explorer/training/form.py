"""The form that asks what to fine-tune and starts it as a job of its own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Input, Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.requests.training import ALL
from nerspace.engine.runs import Run
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.messages import OpenRun
from nerspace.tui.explorer.services import Services
from nerspace.tui.explorer.session import Session
from nerspace.tui.explorer.training.questions import QUESTIONS, launch, read_answers
from nerspace.tui.literal import literal
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.window import Window


class NewRunWindow(Window[Run | None]):
    """A line a question, what is wrong with its answer beside it. Closes with the run."""

    # With priority, so that letters behind a fast typist's tab go to the next answer.
    BINDINGS: ClassVar[list[BindingType]] = [
        replace(binding, priority=binding.key != "enter") if isinstance(binding, Binding) else binding
        for binding in bindings("new")
    ]

    def __init__(self, session: Session, kind: str = "finetune") -> None:
        super().__init__()
        self.session = session
        self.kind = kind
        self._starting = False
        self._job: Run | None = None

    def compose(self) -> ComposeResult:
        """Questions, answers, what they mean."""
        known = {"model": self.session.model_name, "data": self.session.corpus_name}
        known |= {"donors": "all"} if self.kind == "transfer" else {}
        with Vertical(classes="window tall", id="new-run") as window:
            window.border_title = Text("train donors for transfer" if self.kind == "transfer" else "fine-tune")
            with VerticalScroll(can_focus=False):
                for question in QUESTIONS:
                    with Horizontal(classes="question"):
                        yield Static(Text(question.label), classes="label", markup=False)
                        answer = known.get(question.name, question.default)
                        yield LineInput(answer, id=question.name, select_on_focus=True)
                        yield Static(Text(question.help, "dim"), id=f"about-{question.name}", markup=False)
                yield Button("Start", id="start", compact=True, variant="primary")
            yield Static(id="problem", markup=False)
            yield KeyBar(classes="bottom")

    def on_mount(self) -> None:
        """Straight to the donors."""
        self.set_focus(self.query_one(f"#{QUESTIONS[0].name}"))
        self._judge()

    def _answers(self) -> dict[str, str]:
        return {question.name: self.query_one(f"#{question.name}", Input).value for question in QUESTIONS}

    @on(Input.Changed)
    def _judge(self) -> None:
        """Say beside each answer what is wrong with it, and how much the whole is."""
        request, problems = read_answers(self._answers(), self.kind)
        for question in QUESTIONS:
            about = self.query_one(f"#about-{question.name}", Static)
            problem = problems.get(question.name)
            about.set_class(problem is not None, "wrong")
            text = Text(literal(problem), "bold") if problem else Text(question.help, "dim")
            about.update(text, layout=False)
        # Beside its answer a problem may be cut off.
        self._say(_summary(request) if request else next(iter(problems.values())))

    def _say(self, line: str) -> None:
        self.query_one("#problem", Static).update(Text(literal(line)))

    @on(Input.Submitted)
    def _next(self) -> None:
        """Enter goes on to the next answer, at last to the button."""
        self.action_move(1)

    @on(Button.Pressed)
    def action_submit(self) -> None:
        """Start what the answers ask for; the first that is wrong gets the cursor."""
        request, problems = read_answers(self._answers(), self.kind)
        if problems:
            self.set_focus(self.query_one(f"#{next(iter(problems))}"))
        elif not self._starting:
            self._starting = True
            self._say("Looking for the data and the model …")
            self.start(request)

    @work(thread=True, exit_on_error=False)
    def start(self, request: Mapping[str, Any]) -> None:
        """Start the job."""
        try:
            run = launch(self.session.workspace, request, self.kind)
        except NerspaceError as error:
            self.app.call_from_thread(self._failed, str(error))
        except Exception as error:
            self.app.call_from_thread(self._failed, f"{type(error).__name__}: {error}")
        else:
            self.app.call_from_thread(self._begun, run)

    def _begun(self, run: Run) -> None:
        self._job = run
        self.dismiss(run)

    def on_screen_resume(self) -> None:
        """Close once the window that lay over it has closed, where the job began meanwhile."""
        if self._job is not None:
            self.dismiss(self._job)

    def _failed(self, line: str) -> None:
        self._starting = False
        self._say(line)

    def action_move(self, step: int) -> None:
        """To another answer."""
        if step > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_close(self) -> None:
        """Start nothing."""
        if not self._starting:
            self.dismiss(None)


def _summary(request: Mapping[str, Any]) -> str:
    donors, languages, seeds = request["donors"], request["languages"], request["seeds"]
    tested = f"tested in {len(languages)} languages" if languages else "tested in all languages of the data"
    steps = request["epochs"] * -(-request["size"] // request["batch_size"])
    if donors == ALL:
        return f"{seeds} model{'s' if seeds != 1 else ''} per language, {steps:,} steps each, {tested}."
    models = seeds * max(1, len(donors))
    return f"{models} model{'s' if models != 1 else ''}, {models * steps:,} steps in all, {tested}."


def ask_for_run(explorer: Services, kind: str = "finetune") -> None:
    """Ask what to fine-tune, and show the run that is started."""

    def started(run: Run | None) -> None:
        if run is not None:
            explorer.post_message(OpenRun(run))

    explorer.push_screen(NewRunWindow(explorer.session, kind), started)
