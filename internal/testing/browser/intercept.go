package browser

import (
	"context"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Trouble is what happens to requests on their way.
type Trouble int

// What may happen: nothing; no answer ever comes; nobody listens; the daemon refuses.
const (
	Nothing Trouble = iota
	Silence
	NobodyThere
	Refusal
)

// RefusalText is the sentence with which the daemon refuses.
const RefusalText = "this is what the daemon says of it, and it is a long sentence so that it has to break somewhere on a phone"

// Disturb has trouble happen to the requests below api/v1 from now on; those that hang go on hanging.
func (tab *Tab) Disturb(trouble func(path string) Trouble) {
	tab.t.Helper()
	err := chromedp.Listen(tab.ctx, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			_, path, _ := strings.Cut(e.Request.URL, "/api/v1/")
			go try(tab, disturb(e.RequestID, trouble(path))) // it may be gone meanwhile
		}
	})
	if err != nil {
		tab.t.Fatal(err)
	}
	call(tab, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: "*/api/v1/*"}}})
}

func disturb(id fetch.RequestID, trouble Trouble) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) (err error) {
		switch trouble {
		case Nothing:
			_, err = cdp.Call(ctx, t, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: id})
		case NobodyThere:
			_, err = cdp.Call(ctx, t, fetch.FailRequest, fetch.FailRequestParams{RequestID: id, ErrorReason: network.ErrorReasonConnectionRefused})
		case Refusal:
			_, err = cdp.Call(ctx, t, fetch.FulfillRequest, fetch.FulfillRequestParams{
				RequestID: id, ResponseCode: 409, Body: []byte(`{"error":"` + RefusalText + `"}`),
				ResponseHeaders: []*fetch.HeaderEntry{{Name: "Content-Type", Value: "application/json"}},
			})
		}
		return err
	})
}

// Undisturbed lets requests through again.
func (tab *Tab) Undisturbed() {
	tab.t.Helper()
	call(tab, fetch.Disable, cdp.Empty{})
}
