package browser

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Size is that of a screen, in CSS pixels.
type Size struct {
	Name          string
	Width, Height int64
	Touch         bool // a phone: fingers, and no scroll bars that take room
}

// The screens that the page has to suit. Small is also what a desktop has left at 400 %.
var (
	Desktop = Size{Name: "desktop", Width: 1280, Height: 900}
	Phone   = Size{Name: "phone", Width: 360, Height: 740, Touch: true}
	Small   = Size{Name: "small", Width: 320, Height: 640}
)

// Tab is one page in a browser, with cookies of its own. Its methods end the test if they fail.
type Tab struct {
	t    testing.TB
	ctx  context.Context
	stop context.CancelFunc
	size Size

	mu      sync.Mutex
	entries []Entry
}

// Entry is an error in the console: of the page's own, of a request that failed, of a policy that forbids something.
type Entry struct {
	Source string // "network", "security", "javascript", "console", …
	Text   string
	URL    string
}

func (e Entry) String() string { return fmt.Sprintf("%s: %s (%s)", e.Source, e.Text, e.URL) }

// Open opens a tab of the size Desktop, which shows nothing yet. It is closed when the test ends; if it has failed, there is a
// picture of the tab in build/web-test.
func (b *Browser) Open(t testing.TB) *Tab {
	t.Helper()
	return open(t, b.ctx, chromedp.WithNewBrowserContext())
}

// Another opens one more tab with the same cookies.
func (tab *Tab) Another() *Tab {
	tab.t.Helper()
	return open(tab.t, tab.ctx)
}

func open(t testing.TB, parent context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	tab := &Tab{t: t}
	tab.ctx, tab.stop = chromedp.NewContext(parent, options...)
	t.Cleanup(func() {
		if t.Failed() && tab.ctx.Err() == nil {
			tab.keep("failed-" + strings.ReplaceAll(t.Name(), "/", "-") + ".png")
		}
		tab.stop()
	})
	if err := chromedp.Listen(tab.ctx, tab.hear); err != nil {
		t.Fatal(err)
	}
	call(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	tab.Resize(Desktop)
	return tab
}

// Close closes the tab.
func (tab *Tab) Close() { tab.stop() }

// try has a tab do something, within its patience.
func try[T any](tab *Tab, a chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, a)
}

func run[T any](tab *Tab, a chromedp.Action[T]) T {
	tab.t.Helper()
	v, err := try(tab, a)
	if err != nil {
		tab.t.Fatal(err)
	}
	return v
}

// action is a command of the DevTools protocol.
func action[P, R any](command cdp.Command[P, R], params P) chromedp.Action[R] {
	return func(ctx context.Context, target *chromedp.Target) (R, error) {
		return cdp.Call(ctx, target, command, params)
	}
}

func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	return run(tab, action(command, params))
}

// Go shows an address, and waits until it has loaded.
func (tab *Tab) Go(url string) {
	tab.t.Helper()
	run(tab, chromedp.Navigate(url))
}

// Eval is what a JavaScript expression, or the promise that it gives, comes to.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	return run(tab, evaluate[T](expression))
}

func evaluate[T any](expression string) chromedp.Action[T] {
	return chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise)
}

// Until waits until a JavaScript expression holds. what says for people what is waited for.
func (tab *Tab) Until(what, expression string) {
	tab.t.Helper()
	tab.wait(what, func() (bool, error) { return try(tab, evaluate[bool]("Boolean("+expression+")")) })
}

// wait waits until is holds. A page that changes to another while it is asked is asked again.
func (tab *Tab) wait(what string, is func() (bool, error)) {
	tab.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		ok, err := is()
		if ok && err == nil {
			return
		}
		if time.Now().After(end) {
			tab.t.Fatalf("%s: not after %v (%v); the page says:\n%s", what, patience, err, tab.Text())
		}
	}
}

const text = "document.body.innerText"

// Text is what can be read on the page.
func (tab *Tab) Text() string {
	tab.t.Helper()
	return Eval[string](tab, text)
}

// See waits until the page has a text.
func (tab *Tab) See(want string) {
	tab.t.Helper()
	tab.Until(fmt.Sprintf("the text %q", want), fmt.Sprintf("%s.includes(%q)", text, want))
}

// Resize changes the screen.
func (tab *Tab) Resize(s Size) {
	tab.t.Helper()
	tab.size = s
	points := int64(1)
	if s.Touch {
		points = 5
	}
	call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.Width, Height: s.Height, ScreenWidth: s.Width, ScreenHeight: s.Height, DeviceScaleFactor: 1, Mobile: s.Touch,
	})
	call(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: s.Touch, MaxTouchPoints: points})
}

// Prefer sets what the person likes: a colour scheme, "light" or "dark". It waits until colours change no more.
func (tab *Tab) Prefer(scheme string) {
	tab.t.Helper()
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	tab.Until("colours at rest", `document.getAnimations().every((a) => !(a instanceof CSSTransition))`)
}

// hear keeps errors of the console.
func (tab *Tab) hear(event any) {
	var e Entry
	switch event := event.(type) {
	case *log.EventEntryAdded:
		if event.Entry.Level != log.EntryLevelError {
			return
		}
		e = Entry{string(event.Entry.Source), event.Entry.Text, event.Entry.URL}
	case *runtime.EventExceptionThrown:
		d := event.ExceptionDetails
		e = Entry{"exception", d.Text, d.URL}
		if d.Exception != nil {
			e.Text += " " + d.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if event.Type != runtime.ConsoleAPICalledTypeError && event.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		e.Source = "console"
		for _, a := range event.Args {
			e.Text += string(a.Value) + a.Description + " "
		}
	default:
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.entries = append(tab.entries, e)
}

// Errors takes the console's errors so far.
func (tab *Tab) Errors() []Entry {
	Eval[int](tab, "1") // what was said before it has been heard when it is answered
	tab.mu.Lock()
	defer tab.mu.Unlock()
	list := tab.entries
	tab.entries = nil
	return list
}

// WantNoErrors fails the test for each error in the console that allowed does not allow; nil: all.
func (tab *Tab) WantNoErrors(allowed func(Entry) bool) {
	tab.t.Helper()
	list := tab.Errors()
	if allowed != nil {
		list = slices.DeleteFunc(list, allowed)
	}
	for _, e := range list {
		tab.t.Errorf("in the console: %v", e)
	}
}

// Shot is a picture of the tab, PNG: of what the screen shows, or of the whole page, as a screen of its height would.
func (tab *Tab) Shot(whole bool) []byte {
	tab.t.Helper()
	if whole {
		size := tab.size
		defer func() { tab.Resize(size) }()
		tall := size
		tall.Height = max(size.Height, Eval[int64](tab, "document.documentElement.scrollHeight"))
		tab.Resize(tall)
	}
	return call(tab, page.CaptureScreenshot, page.CaptureScreenshotParams{}).Data
}

// keep writes a picture of what the screen shows to build/web-test, if it can.
func (tab *Tab) keep(name string) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if data, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err == nil {
		os.WriteFile(kept(tab.t, name), data, 0o644)
	}
}
