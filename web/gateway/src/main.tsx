import "../../src/styles/tokens.css";
import "../../src/styles/page.css";
import "../../src/styles/frame.css";
import "../../src/styles/live.css";
import "./styles/sheet.css";
import "./styles/forms.css";

import { render } from "preact";

import { startTheme } from "../../src/theme";
import { App } from "./App";

startTheme();
const page = document.getElementById("page");
if (page) {
  page.textContent = "";
  render(<App />, page);
}
