import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/page.css";
import "./styles/frame.css";
import "./styles/parts.css";
import "./styles/live.css";
import "./styles/chart.css";
import "./styles/day.css";
import "./styles/pages.css";

import { render } from "preact";

import { App } from "./App";
import { startTheme } from "./theme";

startTheme();
const page = document.getElementById("page");
if (page) {
  page.textContent = "";
  render(<App />, page);
}
