package browser

import (
	"testing"

	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// TestFocusStays has what a person is at stay where it is, while news come in above it.
func TestFocusStays(t *testing.T) {
	b := Start(t, "")
	url := play(t, webtest.Full, nil)
	for _, page := range []string{"", "events"} {
		tab := b.Open(t)
		tab.Go(url + page)
		tab.Until("an event with a picture", `document.querySelector(".events .thumb")`)
		// The newest: that it is pushed down tells that there are news.
		tab.Until("focus", `(() => { window.at = document.querySelector(".events .thumb"); window.at.focus(); return document.activeElement === window.at; })()`)
		tab.Until("a newer event", `!window.at.isConnected || document.querySelector(".events li") !== window.at.closest("li")`)
		if !Eval[bool](tab, "document.activeElement === window.at") {
			t.Errorf("page %q: news have taken the focus away", page)
		}
		tab.WantNoErrors(nil)
	}
}
