'use strict';

// Shows /messages.json and keeps asking for what came after it. Text is put in as text, never as HTML.

const SHOWN_MAX = 300;       // of each kind; the oldest leave the page
const WAIT_SECONDS = 25;     // the server answers at once when a message comes
const RETRY_MS = 1000;
const COPIED_MS = 2000;

const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

let messages = [];           // that may be on the page, oldest first
let after = 0;               // index of the newest message that the page knows
let epoch = null;            // changes when the messages are cleared or the simulator starts again
let pinned = true;           // the newest WhatsApp message stays in view
const unread = { whatsapp: 0, sms: 0 };

function clone(template) {
  return $(template).content.firstElementChild.cloneNode(true);
}

function addText(element, name, text) {
  const node = document.createElement(name);
  node.textContent = text;
  element.append(node);
}

// WhatsApp writes *bold*.
function fillBold(element, text) {
  for (const part of text.split(/(\*[^*\n]+\*)/)) {
    const bold = part.length > 2 && part.startsWith('*') && part.endsWith('*');
    addText(element, bold ? 'strong' : 'span', bold ? part.slice(1, -1) : part);
  }
}

// An SMS knows no bold, but the eye looks for the code.
function fillPlain(element, text, code) {
  const at = code ? text.indexOf(code) : -1;
  if (at < 0) {
    addText(element, 'span', text);
    return;
  }
  addText(element, 'span', text.slice(0, at));
  addText(element, 'strong', code);
  addText(element, 'span', text.slice(at + code.length));
}

function selectText(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

async function copyCode(button, code) {
  const label = button.querySelector('span');
  const icon = button.querySelector('use');
  try {
    await navigator.clipboard.writeText(code);
    label.textContent = 'Copied';
    icon.setAttribute('href', '#icon-tick');
    announce('Code copied');
  } catch {
    selectText(button.closest('li').querySelector('.text'));
    label.textContent = 'Selected: press Ctrl+C';
  }
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    label.textContent = 'Copy code';
    icon.setAttribute('href', '#icon-copy');
  }, COPIED_MS);
}

function itemOf(message) {
  if (message.state === 'failed') {
    const note = clone('note');
    note.textContent = `Not delivered to ${message.to}: ${message.error}`;
    return note;
  }
  const item = clone(message.channel === 'sms' ? 'card' : 'bubble');
  const text = item.querySelector('.text');
  const time = item.querySelector('time');
  const copy = item.querySelector('.copy');
  item.querySelector('.to').textContent = `To ${message.to}`;
  if (message.channel === 'sms') {
    fillPlain(text, message.text, message.code);
  } else {
    fillBold(text, message.text);
  }
  time.textContent = clock.format(message.at);
  time.dateTime = new Date(message.at).toISOString();
  if (message.code) {
    copy.setAttribute('aria-label', `Copy code ${message.code} sent to ${message.to}`);
    copy.addEventListener('click', () => copyCode(copy, message.code));
  } else {
    copy.hidden = true;
  }
  return item;
}

function isVisible(message) {
  const number = $('numbers').value;
  return (message.shown || message.state === 'failed') && (!number || message.to === number);
}

// WhatsApp: the newest is at the bottom. SMS: on top.
function put(message, fresh) {
  if (!isVisible(message)) return;
  const item = itemOf(message);
  if (fresh) item.classList.add('fresh');
  if (message.channel === 'sms') {
    $('sms').prepend(item);
    if ($('sms').children.length > SHOWN_MAX) $('sms').lastElementChild.remove();
  } else {
    $('chat').append(item);
    if ($('chat').children.length > SHOWN_MAX) $('chat').firstElementChild.remove();
  }
}

function isAtEnd() {
  const box = $('chat-scroll');
  return box.scrollHeight - box.scrollTop - box.clientHeight < 60;
}

function scrollToEnd() {
  $('chat-scroll').scrollTop = $('chat-scroll').scrollHeight;
  $('newer').hidden = true;
  pinned = true;
}

function showCounts() {
  for (const button of document.querySelectorAll('.views button')) {
    const count = button.querySelector('.count');
    const view = button.dataset.view;
    if (document.body.dataset.view === view) unread[view] = 0;
    count.textContent = unread[view];
    count.hidden = unread[view] === 0;
    button.setAttribute('aria-pressed', document.body.dataset.view === view);
  }
}

function showState() {
  $('chat-empty').hidden = $('chat').children.length > 0;
  $('chat').hidden = !$('chat-empty').hidden;
  $('sms-empty').hidden = $('sms').children.length > 0;
  $('clear').disabled = messages.length === 0;
  showCounts();
}

function showNumbers() {
  const select = $('numbers');
  const known = new Set([...select.options].map((option) => option.value));
  for (const { to } of messages) {
    if (known.has(to)) continue;
    known.add(to);
    select.add(new Option(to, to));
  }
  select.closest('label').hidden = known.size < 3;
}

function announce(text) {
  $('news').textContent = text;
}

function announceNewest(list) {
  const newest = list.filter((message) => message.shown).pop();
  if (!newest) return;
  const name = newest.channel === 'sms' ? 'SMS' : 'WhatsApp message';
  announce(`New ${name} to ${newest.to}: ${newest.text.replaceAll('*', '')}`);
}

function drawAll() {
  $('chat').replaceChildren();
  $('sms').replaceChildren();
  messages.forEach((message) => put(message, false));
  showState();
  scrollToEnd();
}

function take(list, fresh) {
  const wasPinned = pinned;
  messages = messages.concat(list).slice(-2 * SHOWN_MAX);
  for (const message of list.slice(-2 * SHOWN_MAX)) {
    put(message, fresh);
    if (message.shown) unread[message.channel]++;
  }
  showNumbers();
  showState();
  if (wasPinned || !fresh) {
    scrollToEnd();
  } else if (list.some((message) => message.channel === 'whatsapp' && isVisible(message))) {
    $('newer').hidden = false;
  }
  if (fresh) announceNewest(list);
}

function forgetAll() {
  messages = [];
  after = 0;
  unread.whatsapp = unread.sms = 0;
  $('numbers').length = 1;
  showNumbers();
  drawAll();
}

function showLink(state, text) {
  if ($('link').dataset.state === state) return;
  $('link').dataset.state = state;
  $('link').textContent = text;
}

async function ask() {
  const wait = epoch === null || $('link').dataset.state !== 'live' ? 0 : WAIT_SECONDS;
  const response = await fetch(`messages.json?after=${after}&wait=${wait}`, { cache: 'no-store' });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const list = await response.json();
  const was = epoch;
  epoch = response.headers.get('X-Messages-Epoch');
  showLink('live', 'Live');
  if (was !== null && epoch !== was) {
    forgetAll();
    return;
  }
  if (list.length === 0) return;
  take(list, was !== null);
  after = list[list.length - 1].index;
}

async function follow() {
  for (;;) {
    try {
      await ask();
    } catch {
      showLink('lost', 'The simulator does not answer. Trying again…');
      await sleep(RETRY_MS);
    }
  }
}

function setView(view) {
  document.body.dataset.view = view;
  showCounts();
  if (view === 'whatsapp') scrollToEnd();
}

for (const button of document.querySelectorAll('.views button')) {
  button.addEventListener('click', () => setView(button.dataset.view));
}
$('numbers').addEventListener('change', drawAll);
$('newer').addEventListener('click', scrollToEnd);
$('chat-scroll').addEventListener('scroll', () => {
  pinned = isAtEnd();
  if (pinned) $('newer').hidden = true;
}, { passive: true });
new ResizeObserver(() => { if (pinned) scrollToEnd(); }).observe($('chat-scroll'));
$('clear').addEventListener('click', () => fetch('messages.json', { method: 'DELETE' }));

const trust = location.protocol === 'https:' ? '\nca_file = "the file of --ca-out"' : '';
$('base-url').textContent = `driver = whatsapp_cloud\nbase_url = "${location.origin}"${trust}`;
$('sms-url').textContent = `driver = http\nurl = "${location.origin}/sms"${trust}`;
showState();
follow();
