// Opens the Web UI of a dev server, waits for the list of workflows, prints the page's title and
// writes a screenshot. Says whether browser and UI work together before a longer check is blamed.
//   node .ci/ui/smoke.mjs http://127.0.0.1:8233 workflows.png
// Run .ci/browser first.
import { launch, openPage, visible } from './webui.mjs';

const [address, picture] = process.argv.slice(2);
if (!address || !picture) {
  console.error('smoke: expected the address of the Web UI and the name of a PNG file to write');
  process.exit(2);
}
const home = new URL(address);

const browser = await launch();
try {
  const page = await openPage(browser, home.origin);
  await page.goto(new URL('/namespaces/default/workflows', home).href);
  const shown = (locator) => visible(locator).waitFor({ timeout: 30_000 });
  await shown(page.getByTestId('workflow-count'));
  // A row, or the sentence that there is none: only then has the list been answered.
  await shown(
    page
      .getByTestId('workflows-summary-configurable-table-row')
      .or(page.getByRole('heading', { name: 'No Workflows running' })),
  );
  console.log(await page.title());
  await page.screenshot({ path: picture });
} catch (problem) {
  console.error(`smoke: the list of workflows did not show at ${home.href}: ${problem.message}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
