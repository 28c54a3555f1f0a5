/** The pane that is shown below the run's own lines. The cluster has a layout of its own, in `frame.ts`. */

import { unreachable } from "../../../core/assert.ts";
import type { Size } from "../grid.ts";
import type { Line } from "../text.ts";
import type { Theme } from "../theme.ts";
import type { ViewModel } from "../view-model.ts";
import { drawEventsPane } from "./events-pane.ts";
import { drawHelpPane } from "./help-pane.ts";
import { drawLinksPane } from "./links-pane.ts";
import { drawNodePane } from "./node-pane.ts";
import { drawWhatIfPane } from "./what-if-pane.ts";

/** At most as many lines as there are rows. */
export function drawPane(view: ViewModel, size: Size, theme: Theme): readonly Line[] {
  const { pane } = view;
  switch (pane.kind) {
    case "cluster":
      return [];
    case "node":
      return drawNodePane(pane.node, { ...size, scroll: pane.scroll, theme });
    case "links":
      return drawLinksPane(pane.links, view, { ...size, scroll: pane.scroll });
    case "events":
      return drawEventsPane(pane.events, size);
    case "what-if":
      return drawWhatIfPane(pane.whatIf, size);
    case "help":
      return drawHelpPane(pane.groups, { ...size, scroll: pane.scroll });
    default:
      return unreachable(pane);
  }
}
