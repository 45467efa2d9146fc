// Starts GOV.UK Frontend, shows questions by earlier answers, and says so when a draft could not be saved.
// Without it every page works: all questions are visible, and the server leaves out what was not asked.
import { initAll } from './govuk-frontend.min.js'

initAll()

const answerTo = (name) => {
  const inputs = [...document.getElementsByName(name)]
  const chosen = inputs.find((input) => input.checked || input.tagName === 'SELECT')
  return chosen ? chosen.value : ''
}

// Outer questions stand before inner ones, so a hidden one hides what waits for it by the element tree alone.
const showAsked = () => {
  for (const part of document.querySelectorAll('[data-when]')) {
    const asked = part.dataset.values.split(' ').includes(answerTo(part.dataset.when))
    const wrong = part.querySelector('.govuk-error-message') // a problem is never hidden
    part.classList.toggle('portal-reveal--hidden', !asked && !wrong)
  }
}

// The server says why in plain words; a page instead of them is not for this line.
const sayUnsaved = (event) => {
  const status = document.getElementById('saved')
  const answer = event.detail?.xhr
  const plain = answer?.getResponseHeader('content-type')?.startsWith('text/plain')
  if (status) status.textContent = plain ? answer.responseText : status.dataset.failed
}

document.addEventListener('change', showAsked)
window.addEventListener('pageshow', showAsked) // the browser may bring back answers after "Back"
for (const failure of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) {
  document.addEventListener(failure, sayUnsaved)
}

// Leaving a field saves at once, a pause in typing as well (htmx). Whoever leaves the page in the middle of a word loses
// nothing either: what is not saved yet is sent on its way while the page closes.
const line = document.querySelector('form [hx-post]')
if (line) {
  const drafted = line.closest('form')
  let typed = 0
  let sent = 0
  let saved = 0
  const leave = () => {
    if (saved === typed) return
    saved = typed
    fetch(line.getAttribute('hx-post'), { method: 'POST', body: new URLSearchParams(new FormData(drafted)), keepalive: true }).catch(() => {})
  }
  drafted.addEventListener('input', () => { typed += 1 })
  drafted.addEventListener('submit', () => { saved = typed }) // which takes it all along
  drafted.addEventListener('htmx:beforeRequest', () => { sent = typed })
  drafted.addEventListener('htmx:afterRequest', (event) => { if (event.detail.successful) saved = sent })
  window.addEventListener('beforeunload', () => {
    if (saved === typed) return
    leave()
    const ahead = performance.now() + 100 // a form that is loaded again at once has to be asked for after this was sent
    while (performance.now() < ahead);
  })
  window.addEventListener('pagehide', leave)
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') leave() })
}

// A link that we sent carries its secret after the # sign, which never reaches a server's log.
const token = document.querySelector('[data-token] [name="token"]')
const fillIn = () => {
  if (!token || !/^#[\w-]{40,}$/.test(location.hash)) return // "#main-content" is none
  token.value = location.hash.slice(1)
  history.replaceState(null, '', location.pathname)
}
fillIn()
window.addEventListener('hashchange', fillIn) // a link opened where this page is open already

// Copying an answer into another service. Without a clipboard the answer is selected, ready for the keys.
const copy = async (button) => {
  const answer = document.getElementById(button.dataset.copy)
  const status = document.getElementById('copied')
  try {
    await navigator.clipboard.writeText(answer.textContent)
    status.textContent = 'Copied.'
    button.firstChild.textContent = 'Copied'
  } catch {
    getSelection().selectAllChildren(answer)
    status.textContent = 'Selected. Copy it with Control and C.'
  }
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = false
  button.addEventListener('click', () => copy(button))
}
