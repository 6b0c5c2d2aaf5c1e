"""How the screens look; a narrow or low terminal gives up borders before words."""

from __future__ import annotations

NARROW = 70
WIDE = 120
LOW = 20
TALL = 30

CSS = """
Screen { layout: vertical; }
#verdict { padding: 0 1; border: round $primary; height: auto; max-height: 7; }
#verdict.error { border: round $error; }
#verdict.good { border: round $success; }
#verdict.warning { border: round $warning; }
.low #verdict { border: none; max-height: 2; text-style: bold; }
#state { height: auto; max-height: 2; padding: 0 2; color: $text-muted; }
.low #state { display: none; }
#body { height: 1fr; }
#log-side { display: none; width: 48%; border-left: vkey $panel; }
.wide #log-side { display: block; }
TabbedContent { height: 1fr; width: 1fr; }
TabPane { padding: 0; }
.low Underline { display: none; }
.low Tabs { height: 1; }
.low Tab { padding: 0 1 0 0; }
.narrow Tab { padding: 0 1 0 0; }
.pane { padding: 0 1; height: 1fr; scrollbar-size-vertical: 1; }
.pane:focus { background-tint: $foreground 3%; }
.buttons { height: auto; layout: horizontal; padding: 0 1; }
.buttons Button { margin: 0 1 0 0; min-width: 4; width: auto; height: 1; }
#bars-next { height: auto; max-height: 7; padding: 0 2; border-top: solid $panel; }
.low #bars-next, .hidden { display: none; }
#keys { height: 1; padding: 0 1; background: $panel; link-style: none; link-color: $foreground;
        link-background-hover: $accent; }
LogView { border: none; padding: 0; height: 1fr; scrollbar-size-vertical: 1; }
LogView:focus { border: none; }
ModalScreen { align: center middle; }
#dialog { width: 76; max-width: 100%; height: auto; max-height: 100%; border: round $primary;
          padding: 0 1; background: $surface; }
#dialog.error { border: heavy $error; }
#dialog VerticalScroll { height: auto; max-height: 18; }
#dialog Input { border: tall $primary; }
.low #dialog Input { border: none; height: 1; }
#dialog .buttons { padding: 0; }
#checklist { height: auto; max-height: 14; border: none; background: $surface; }
.title { text-style: bold; color: $accent; height: auto; }
.muted { color: $text-muted; height: auto; }
#run-log { height: 14; border: round $panel; }
.low #run-log { height: 4; border: none; }
#start { height: 1fr; layout: horizontal; }
#start-left { width: 44%; }
#start-right { width: 56%; }
.narrow #start { layout: vertical; }
.narrow #start-left { width: 100%; height: 50%; }
.narrow #start-right { width: 100%; height: 50%; }
#paste { height: 1fr; min-height: 2; border: round $panel; }
#paste:focus { border: round $accent; }
#symptoms { height: 1fr; border: round $panel; scrollbar-size: 0 1; padding: 0; }
#about { height: auto; max-height: 2; padding: 0 2; color: $text-muted; }
.low #about { display: none; }
#symptoms:focus { border: round $accent; }
#path { border: round $panel; height: 3; }
#path:focus { border: round $accent; }
.low #paste, .low #path, .low #symptoms { border: none; }
.low #path { height: 1; }
.low #start-title { display: none; }
#start-title { height: 1; padding: 0 2; }
.hint { padding: 0 2; color: $text-muted; height: 1; }
"""


def fit(screen: object, width: int, height: int) -> None:
    """Set the classes ``narrow``, ``wide`` and ``low`` of a screen by its size in cells."""
    set_class = screen.set_class  # type: ignore[attr-defined]
    set_class(width < NARROW, "narrow")
    set_class(width >= WIDE, "wide")
    set_class(height < LOW, "low")
