// Opens the Web UI of a dev server, waits for the list of workflows, prints the page's title and
// writes a screenshot. Says whether browser and UI work together before a longer check is blamed.
//   node .ci/ui/smoke.mjs http://127.0.0.1:8233 workflows.png
// Run .ci/browser first.
import { chromium } from 'playwright-core';

const [address, picture] = process.argv.slice(2);
if (!address || !picture) {
  console.error('smoke: expected the address of the Web UI and the name of a PNG file to write');
  process.exit(2);
}
const home = new URL(address);

// launch() gives each run a fresh profile.
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  // The UI fetches news from the internet; a check must not depend on that.
  await page.route(
    (url) => url.host !== home.host,
    (route) => {
      console.error(`smoke: refused a request to ${new URL(route.request().url()).host}`);
      return route.abort();
    },
  );
  await page.goto(new URL('/namespaces/default/workflows', home).href);
  const shown = (locator) =>
    locator.locator('visible=true').first().waitFor({ timeout: 30_000 });
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
