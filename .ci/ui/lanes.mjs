// Lanes in Temporal's Web UI, in a real browser: what an operator starts, reads and answers there.
//   node .ci/ui/lanes.mjs GROUP --form URL --home DIR --screenshots DIR [--pictures DIR]
// GROUP: applied, resumed or rolled-back; each wants a 'lanekeeper dev' of its own on a fresh home,
// whose printed link to the form is URL. .ci/web-ui starts all of it.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Unexpected, WebUi, launch, openPage, until, untilAll } from './webui.mjs';

const example = join(dirname(fileURLToPath(import.meta.url)), '../../examples/fix7-p0');
const LANE = '{"lane": "fix7-p0"}';
const BLUEPRINT = 'governance/fix7/fix7-p0-operative-birth-blueprint-2026-06-12.md';
const ADDENDUM = 'governance/fix7/fix7-p0-governance-addendum-2026-06-12.md';
const NOTES = 'governance/notes.md';
const FOREIGN = 'A document that the lane did not write.\n';
const SECONDS_TO_FAIL = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(
    ['form', 'home', 'screenshots', 'pictures'].map((name) => [name, { type: 'string' }]),
  ),
});

const groupNames = ['applied', 'resumed', 'rolled-back'];
if (
  positionals.length !== 1 ||
  !groupNames.includes(positionals[0]) ||
  !values.form ||
  !values.home ||
  !values.screenshots
) {
  console.error(
    `lanes: expected one of ${groupNames.join(', ')}, and --form, --home and --screenshots`,
  );
  process.exit(2);
}

const kb = join(values.home, 'kb');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Every file of the knowledge base with its digest. */
function everyByte() {
  return readdirSync(kb, { recursive: true })
    .filter((path) => !statSync(join(kb, path)).isDirectory())
    .map((path) => `${path} ${sha256(readFileSync(join(kb, path)))}`)
    .sort()
    .join('\n');
}

function same(what, expected, found) {
  if (found !== expected) {
    throw new Unexpected(what, expected, found);
  }
}

/** What an operator reads names no class of ours and shows no stack trace. */
function plain(what, text) {
  same(`'dev.lanekeeper' in ${what}`, false, text.includes('dev.lanekeeper'));
}

/** The two documents of the lane are on disk, byte for byte. */
function published() {
  for (const [path, name] of [
    [BLUEPRINT, 'M-1.md'],
    [ADDENDUM, 'M-2.md'],
  ]) {
    let found = 'no such file';
    try {
      found = sha256(readFileSync(join(kb, path)));
    } catch (missing) {
      if (missing.code !== 'ENOENT') {
        throw missing;
      }
    }
    same(`the document ${path}`, sha256(readFileSync(join(example, 'documents', name))), found);
  }
}

/** Takes a picture for the documentation; small ones keep the repository light. */
async function picture(ui, name) {
  await ui.tidy();
  const file = await ui.shot(name);
  if (values.pictures) {
    const size = statSync(file).size;
    if (size >= 150_000) {
      throw new Unexpected(`the picture ${name}`, 'less than 150 KB', size);
    }
    copyFileSync(file, join(values.pictures, `${name}.png`));
  }
}

async function start(ui, id, options = {}) {
  await ui.fillForm(values.form, { id, input: LANE, ...options });
  await ui.start(id);
}

/** Puts a foreign document where the lane will publish, and starts the lane. */
async function startHeld(ui, id) {
  writeFileSync(join(kb, BLUEPRINT), FOREIGN);
  const before = everyByte();
  await start(ui, id);
  return before;
}

/** Looks all the time, beside everything else, until something holds. */
function once(holds) {
  return new Promise((resolve) => {
    const look = setInterval(() => {
      if (holds()) {
        clearInterval(look);
        resolve();
      }
    }, 1);
  });
}

function readHold(ui) {
  return untilAll(
    'the current details of the held lane',
    [
      'HELD in S0 preflight',
      `Hold 1: DOCUMENT_PRESENT:${BLUEPRINT}`,
      'expected: ABSENT',
      `found: rev1 sha256 ${sha256(FOREIGN)}`,
      'remedy: move the foreign document away, then resume',
      'send the update resume with {"hold": 1}',
      'send rollback or abort with the same value',
    ],
    () => ui.details(),
  );
}

const groups = {
  async applied(ui, check) {
    await check('broken JSON: the form says so and starts nothing', async () => {
      await ui.fillForm(values.form, { id: 'fix7-p0', input: LANE });
      same('Start Workflow with good JSON', true, await ui.startButton.isEnabled());
      await ui.scrollTo(ui.startButton, 740);
      await picture(ui, 'web-ui-start');
      await ui.fillForm(values.form, { id: 'broken-json', input: '{"lane": ' });
      await untilAll('the form with broken JSON', ['Input must be valid JSON'], () => ui.text());
      same('Start Workflow with broken JSON', false, await ui.startButton.isEnabled());
      await ui.shot('broken-json');
      same('workflows with this id', '', (await ui.list('WorkflowId="broken-json"')).join());
    });

    const wrong = [
      [
        'an unknown field',
        { input: '{"lane": "fix7-p0", "lanes": 1}' },
        "found the unknown field 'lanes'",
        'start the lane with one JSON object such as',
      ],
      [
        'an array',
        { input: '["fix7-p0"]' },
        'What was sent is not a lane request: expected one JSON object, found an array',
        'start the lane with one JSON object such as',
      ],
      [
        'no input',
        { input: '' },
        'What was sent is not a lane request: expected one JSON object, found nothing',
        'start the lane with one JSON object such as',
      ],
      [
        'a mistyped workflow type',
        { type: 'lane' },
        "There is no workflow type 'lane'",
        'start the workflow type Lane',
      ],
    ];
    for (const [what, options, message, remedy] of wrong) {
      await check(`${what}: a clean failure with a readable message`, async () => {
        const id = what.replaceAll(' ', '-');
        await ui.fillForm(values.form, { id, input: LANE, ...options });
        const clicked = Date.now();
        await ui.start(id);
        await ui.status(/^FAILED$/, SECONDS_TO_FAIL);
        const shown = await untilAll(`the result of ${id}`, [message, `Remedy: ${remedy}`], () =>
          ui.result(),
        );
        plain(`the result of ${id}`, shown);
        const seconds = (Date.now() - clicked) / 1000;
        if (seconds > SECONDS_TO_FAIL) {
          throw new Unexpected(
            `the failure of ${id}`,
            `within ${SECONDS_TO_FAIL} s`,
            `${seconds} s`,
          );
        }
        await ui.shot(id);
        await ui.tab('history');
        const events = await untilAll(
          `the history of ${id}`,
          ['Workflow Execution Failed', 'Workflow Execution Started'],
          () => ui.text(),
        );
        same(
          `'Workflow Task Failed' in the history of ${id}`,
          false,
          /Workflow Task (Failed|Timed Out)/.test(events),
        );
      });
    }

    await check(
      'a lane started by the form completes, and its documents are on disk',
      async () => {
        await ui.fillForm(values.form, { id: 'fix7-p0', input: LANE });
        await ui.start('fix7-p0');
        await ui.shot('followed');
        await ui.status(/^COMPLETED$/);
        await untilAll(
          'the result of the lane',
          ['"end": "APPLIED"', '"alreadyApplied": false'],
          () => ui.result(),
        );
        await ui.shot('completed');
        published();
        await ui.scrollTo(ui.panel, 64);
        await picture(ui, 'web-ui-completed');
        await ui.tab('metadata');
        await untilAll(
          'the current details of the lane',
          [
            'APPLIED',
            'evidence packet in the home',
            'S0 preflight PASS',
            'S5 publish primary PASS',
            'S7 review PASS',
          ],
          () => ui.details(),
        );
        await ui.shot('completed-details');
      },
    );
  },

  async resumed(ui, check) {
    await check('a held lane says why, and what to do and send', async () => {
      await startHeld(ui, 'fix7-p0');
      await ui.tab('metadata');
      await readHold(ui);
      same('the status of a held lane', 'RUNNING', await ui.badge.innerText());
      same('pixels of the details cut off', 0, await ui.detailsCutOff());
      await ui.scrollTo(ui.badge, 64);
      await picture(ui, 'web-ui-held');
    });

    await check('the list of LaneStatus="HELD" shows the held lane and no other', async () => {
      // The form copies the search attributes of the last lane into the next.
      await ui.fillForm(values.form, { id: 'wrong', input: '{"lane": "fix7-p0", "lanes": 1}' });
      await ui.start('wrong');
      await ui.status(/^FAILED$/);
      await until(
        'the list of LaneStatus="HELD"',
        'one row, with fix7-p0',
        () => ui.list('LaneStatus="HELD"'),
        (rows) => rows.length === 1 && rows[0].includes('fix7-p0'),
      );
      await ui.shot('list-of-held');
    });

    await check('resume with another hold is refused in the dialog', async () => {
      await ui.openWorkflow('fix7-p0');
      const offered = await ui.openUpdates();
      await untilAll(
        'the updates that the dialog offers',
        [
          'resume Go on, after the cause of the hold was put right',
          'rollback Withdraw what the lane published, and end it',
          'abort Give the lane up: roll back, then end',
          "approve Allow the publication, with an approval that an approver's key signed",
        ],
        async () => offered,
        0,
      );
      await ui.shot('updates');
      await ui.writeUpdate('resume', '{"hold": 7}');
      await ui.submit();
      const refusal = await untilAll(
        'the refusal in the dialog',
        ['The lane is at hold 1, not 7. Send {"hold": 1}.'],
        () => ui.text(),
      );
      plain('the refusal in the dialog', refusal);
      await ui.shot('refused');
      await ui.cancel();
      same('the status after a refused resume', 'RUNNING', await ui.badge.innerText());
    });

    await check('an approval that the lane does not wait for is refused in the dialog', async () => {
      await ui.openUpdates();
      await ui.writeUpdate('approve', '{"hold": 1, "approval": {}}');
      await ui.submit();
      const refusal = await untilAll(
        'the refusal in the dialog',
        ['The lane is held for DOCUMENT_PRESENT, which no approval puts right.'],
        () => ui.text(),
      );
      plain('the refusal in the dialog', refusal);
      await ui.shot('approve-refused');
      await ui.cancel();
    });

    await check('resume after the cause is gone completes the lane', async () => {
      rmSync(join(kb, BLUEPRINT));
      await ui.openUpdates();
      await ui.writeUpdate('resume', '{"hold": 1}');
      await ui.shot('resume');
      await ui.submit();
      await ui.closed();
      await ui.status(/^COMPLETED$/);
      await untilAll('the result of the lane', ['"end": "APPLIED"'], () => ui.result());
      await ui.shot('completed');
      published();
    });

    await check('the list of LaneStatus="HELD" no longer shows it', async () => {
      await until(
        'the list of LaneStatus="HELD"',
        'no row',
        () => ui.list('LaneStatus="HELD"'),
        (rows) => rows.length === 0,
      );
    });
  },

  async 'rolled-back'(ui, check) {
    await check(
      'rollback of a lane that has published ends it and leaves the knowledge base as before',
      async () => {
        const lanes = everyByte();
        // Somebody adds a document while the lane runs: the review finds it, and holds.
        const written = once(() => existsSync(join(kb, BLUEPRINT))).then(() =>
          writeFileSync(join(kb, NOTES), FOREIGN),
        );
        await start(ui, 'fix7-p0');
        await written;
        const before = [...lanes.split('\n'), `${NOTES} ${sha256(FOREIGN)}`].sort().join('\n');
        await ui.tab('metadata');
        await untilAll(
          'the current details of the held lane',
          ['HELD in S7 review', `Hold 1: INVENTORY_CHANGED:${NOTES}`, 'S6 publish addenda PASS'],
          () => ui.details(),
        );
        same('whether the first document is there', true, existsSync(join(kb, BLUEPRINT)));
        same('whether the second document is there', true, existsSync(join(kb, ADDENDUM)));
        await ui.tab('timeline');
        await ui.shot('held');
        await ui.openUpdates();
        await ui.writeUpdate('rollback', '{"hold": 1}');
        await ui.submit();
        await ui.closed();
        await ui.status(/^FAILED$/);
        await untilAll(
          'the result of the lane',
          [
            `Lane fix7-p0 ended ROLLED_BACK in S7 review: INVENTORY_CHANGED:${NOTES}`,
          ],
          () => ui.result(),
        );
        await ui.shot('rolled-back');
        same('every file of the knowledge base', before, everyByte());
        await ui.tab('metadata');
        await untilAll(
          'the current details after the end',
          [
            'ROLLED_BACK',
            `M-1 ${BLUEPRINT}: WITHDRAWN`,
            `M-2 ${ADDENDUM}: WITHDRAWN`,
            'evidence packet in the home: runs/fix7-p0/',
          ],
          () => ui.details(),
        );
        await ui.shot('rolled-back-details');
      },
    );
  },
};

// The browser ends with this process.
process.once('SIGTERM', () => process.exit(143));
const browser = await launch();
try {
  const origin = new URL(values.form).origin;
  const page = await openPage(browser, origin);
  const ui = new WebUi(page, origin, values.screenshots, positionals[0]);
  await ui.ready();
  await groups[positionals[0]](ui, async (what, perform) => {
    const begun = Date.now();
    try {
      await perform();
      console.log(`ok      ${what} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
    } catch (problem) {
      const shown = await ui.text().catch((unreadable) => unreadable.message);
      const shot = await ui.shot('failed').catch(() => 'none');
      console.error(
        `FAILED  ${what}\n${problem.message}\nThe page showed (${shot}):\n${shown.slice(0, 4000)}`,
      );
      throw problem;
    }
  });
} catch (problem) {
  console.error(
    `lanes: ${problem instanceof Unexpected ? problem.message.split('\n')[0] : problem.stack}`,
  );
  process.exitCode = 1;
} finally {
  await browser.close();
}
