// Temporal's Web UI, driven as an operator drives it. Test ids and texts are those of the UI in the
// pinned CLI (.ci/tools): a newer one may need new ones here, and nowhere else.
import { chromium } from 'playwright-core';
import { join } from 'node:path';

/** Chromium with a fresh profile; .ci/browser sees to it that it is there. */
export function launch() {
  return chromium.launch({
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
}

/** A page that reaches the UI and nothing else: a check must not depend on the internet. */
export async function openPage(browser, origin) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.route(
    (url) => url.origin !== origin,
    (route) => {
      console.error(`refused a request to ${new URL(route.request().url()).host}`);
      return route.abort();
    },
  );
  return page;
}

/** What was expected did not come. */
export class Unexpected extends Error {
  constructor(what, expected, found) {
    super(`${what}\n  expected: ${expected}\n  found:    ${found}`);
  }
}

export const visible = (locator) => locator.filter({ visible: true }).first();

/** Reads again and again until what was read holds; the failure shows the last thing read. */
export async function until(what, expected, read, holds, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  let found;
  do {
    try {
      found = await read();
      if (await holds(found)) {
        return found;
      }
    } catch (notYet) {
      found = `nothing to read: ${notYet.message.split('\n')[0]}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < end);
  throw new Unexpected(what, `${expected}, within ${seconds} s`, found);
}

/** Wants every one of these texts in what is read. */
export function untilAll(what, texts, read, seconds = 20) {
  const flat = (text) => text.replace(/\s+/g, ' ');
  return until(
    what,
    texts.map((text) => `'${text}'`).join(' and '),
    read,
    (found) => texts.every((text) => flat(found).includes(flat(text))),
    seconds,
  );
}

const TABS = {
  timeline: 'timeline-tab',
  history: 'history-tab',
  metadata: 'user-metadata-tab',
};

export class WebUi {
  #page;
  #origin;
  #folder;
  #group;
  #shots = 0;

  constructor(page, origin, folder, group) {
    this.#page = page;
    this.#origin = origin;
    this.#folder = folder;
    this.#group = group;
    page.setDefaultTimeout(15_000);
  }

  /** Waits until the UI's own server has reached Temporal. */
  async ready() {
    await until(
      "the UI's /api/v1/cluster-info",
      'status 200',
      async () => (await fetch(`${this.#origin}/api/v1/cluster-info`)).status,
      (status) => status === 200,
      60,
    );
  }

  async shot(name) {
    this.#shots++;
    const number = String(this.#shots).padStart(2, '0');
    const file = join(this.#folder, `${this.#group}-${number}-${name}.png`);
    await this.#page.screenshot({ path: file });
    return file;
  }

  /** Takes away the message of the last start and the frame of the keyboard's focus. */
  async tidy() {
    const message = this.#page.locator('a').filter({ hasText: 'Workflow started successfully' });
    if (await message.count()) {
      const close = message.locator('xpath=ancestor::p/following-sibling::button');
      // It also goes by itself.
      await close.click().catch(() => {});
      await message.waitFor({ state: 'detached' });
    }
    await this.#page.evaluate(() => document.activeElement?.blur());
  }

  /** Moves the page, so that a picture shows what it is about. */
  async scrollTo(locator, below) {
    await locator.evaluate((element, space) => {
      const scrolls = (box) =>
        box.scrollHeight > box.clientHeight && /auto|scroll/.test(getComputedStyle(box).overflowY);
      let box = element.parentElement;
      while (box.parentElement && !scrolls(box)) {
        box = box.parentElement;
      }
      box.scrollBy(0, element.getBoundingClientRect().top - space);
    }, below);
  }

  /** What a person can read on the page now. */
  async text() {
    const dialog = visible(this.#page.locator('dialog[open]'));
    if (await dialog.count()) {
      return dialog.innerText();
    }
    const texts = [];
    for (const frame of this.#page.frames()) {
      const body =
        frame === this.#page.mainFrame()
          ? frame.locator('main, body').last()
          : frame.locator('body');
      texts.push(await body.innerText().catch(() => ''));
    }
    return texts.join('\n').replace(/\n\s*\n+/g, '\n');
  }

  // The form

  get startButton() {
    return visible(this.#page.locator('button[data-testid="start-workflow-button"]'));
  }

  get editor() {
    return visible(this.#page.locator('.cm-content[contenteditable=true]'));
  }

  /** Opens the form by the link that 'lanekeeper dev' prints, and fills in the rest. */
  async fillForm(form, { id, type, input }) {
    await Promise.all([this.#lastInput(), this.#page.goto(form)]);
    await untilAll('the form to start a workflow', ['Task Queue is Active', 'Workflow Type'], () =>
      this.text(),
    );
    for (const [field, value] of [
      ['taskQueue', 'lanekeeper'],
      ['workflowType', 'Lane'],
    ]) {
      const found = await this.#page.getByTestId(field).inputValue();
      if (found !== value) {
        throw new Unexpected(`the field ${field}, filled in by the printed link`, value, found);
      }
    }
    await this.#page.getByTestId('workflowId').fill(id);
    if (type) {
      await this.#page.getByTestId('workflowType').fill(type);
    }
    await this.#write(this.editor, input, this.#page.getByTestId('workflowId'));
  }

  /**
   * The form takes over the input of the last workflow of its type, some time after it shows;
   * whoever writes sooner has it overwritten.
   */
  async #lastInput() {
    const answers = this.#answer('/history?maximumPageSize=1&').catch(() => undefined);
    const last = await this.#answer('/workflows?query=WorkflowType');
    if (last.executions?.length) {
      const [started] = (await answers).history.events;
      if (started.workflowExecutionStartedEventAttributes.input?.payloads?.length) {
        await until(
          "the last lane's input in the form",
          'some',
          () => this.editor.innerText(),
          (text) => text.trim() !== '',
        );
      }
    }
  }

  /** What the UI's server next answers at such an address. */
  async #answer(part) {
    const found = await this.#page.waitForResponse((response) => response.url().includes(part));
    return found.json();
  }

  /**
   * Writes into a JSON editor and leaves it. On leaving, the UI lays valid JSON out anew, and every
   * button below moves: a click in that moment misses.
   */
  async #write(editor, text, elsewhere) {
    await editor.click();
    await this.#page.keyboard.press('Control+A');
    await this.#page.keyboard.press('Delete');
    await this.#page.keyboard.insertText(text);
    await elsewhere.focus();
    let laidOut = text;
    try {
      laidOut = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // Broken JSON stays as it was typed.
    }
    await until(
      'the JSON in the editor',
      laidOut,
      () => editor.innerText(),
      (found) => found.trim() === laidOut.trim(),
    );
  }

  /** Starts what the form holds and follows the link in the message that it was started. */
  async start(id) {
    await this.startButton.click();
    const link = this.#page.locator(`a[href*="/workflows/${id}/"]`).filter({ hasText: 'started' });
    await until(
      'the message after Start Workflow',
      `a link to ${id}`,
      () => this.text(),
      async () => (await link.count()) > 0,
    );
    await link.click();
    await this.status(/./);
    // The UI opens the tab that was looked at last.
    await this.tab('timeline');
  }

  // The page of a workflow

  async openWorkflow(id) {
    await this.#page.goto(`${this.#origin}/namespaces/default/workflows/${id}`);
    await this.status(/./);
    await this.tab('timeline');
  }

  async tab(name) {
    await visible(this.#page.getByTestId(TABS[name])).click();
    await until(
      `the tab ${name}`,
      'chosen',
      () => visible(this.#page.getByTestId(TABS[name])).getAttribute('aria-selected'),
      (chosen) => chosen === 'true',
    );
  }

  get badge() {
    return visible(this.#page.getByTestId('execution-status'));
  }

  status(wanted, seconds = 40) {
    return until(
      "the workflow's status",
      wanted,
      () => this.badge.innerText(),
      (found) => found.match(wanted),
      seconds,
    );
  }

  /** Input and result of the workflow, as the page shows them. */
  result() {
    return this.panel.innerText();
  }

  get panel() {
    return visible(this.#page.getByTestId('input-and-result'));
  }

  get #details() {
    return this.#page.frameLocator('iframe[src*="/render?"]').locator('body');
  }

  /** The current details, as rendered; asks for fresh ones with the key that the page names. */
  async details() {
    await this.#page.keyboard.press('r');
    return this.#details.innerText({ timeout: 2000 });
  }

  /** By how many pixels the current details are wider than the room that the page gives them. */
  detailsCutOff() {
    return this.#details.evaluate(() => {
      const page = document.documentElement;
      return page.scrollWidth - page.clientWidth;
    });
  }

  // Updates

  get dialog() {
    return this.#page.locator('dialog[data-testid="update-confirmation-modal"][open]');
  }

  /** Opens the dialog and returns what it offers. */
  async openUpdates() {
    await visible(this.#page.getByRole('button', { name: 'More Actions' })).click();
    await visible(this.#page.getByTestId('update-button')).click();
    await this.dialog.getByTestId('update-select-button').click();
    const options = this.dialog.locator('[role=option]').filter({ visible: true });
    return until(
      'the updates that the dialog offers',
      'some',
      async () => (await options.allInnerTexts()).join('\n'),
      (text) => text !== '',
    );
  }

  async writeUpdate(name, input) {
    await this.dialog
      .locator('[role=option]')
      .filter({ has: this.#page.getByText(name, { exact: true }) })
      .click();
    // It still holds what was sent before.
    await this.#write(
      this.dialog.locator('.cm-content[contenteditable=true]'),
      input,
      this.dialog.getByTestId('update-id'),
    );
  }

  submit() {
    return this.dialog.getByTestId('confirm-modal-button').click();
  }

  /** A dialog that closes has sent its update. */
  closed() {
    return until(
      'the dialog after Submit',
      'closed',
      async () => ((await this.dialog.count()) ? this.text() : ''),
      (text) => text === '',
    );
  }

  async cancel() {
    await this.dialog.getByTestId('cancel-modal-button').click();
    await this.closed();
  }

  // The list

  /** The rows of the list for a query, once they are those that the server has answered. */
  async list(query) {
    const address = `/namespaces/default/workflows?query=${encodeURIComponent(query)}`;
    const [answer] = await Promise.all([
      this.#answer('/api/v1/namespaces/default/workflows?'),
      this.#page.goto(this.#origin + address),
    ]);
    const wanted = answer.executions?.length ?? 0;
    const row = this.#page.getByTestId('workflows-summary-configurable-table-row');
    const none = this.#page.getByText('No Workflows Found');
    const shown = (wanted ? row : none).filter({ visible: true });
    await until(
      `the list for ${query}`,
      wanted ? `${wanted} rows` : "'No Workflows Found'",
      () => shown.count(),
      (count) => count === Math.max(wanted, 1),
    );
    return wanted ? shown.allInnerTexts() : [];
  }
}
