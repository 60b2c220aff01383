package browser

import (
	"context"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// play serves the page of a daemon that is played, until the test ends; guard nil: to everybody.
func play(t testing.TB, s webtest.State, guard web.Guard) (url string) {
	t.Helper()
	if guard == nil {
		guard = webtest.Open{}
	}
	d := webtest.New(s, 1)
	server, err := web.OpenGuarded(web.Options{Listen: "127.0.0.1:0", Rate: 5, Device: "gate-pi", Version: "played"}, d, guard, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	begin(t, d, server)
	return "http://" + server.Addr() + "/"
}

// playGuarded serves the page as it is, to those who sign in with the link; o says all but where.
func playGuarded(t testing.TB, o web.Options) (d *webtest.Daemon, link string) {
	t.Helper()
	o.Listen, o.Rate, o.Device, o.Version = "127.0.0.1:0", 5, "gate-pi", "played"
	d = webtest.New(webtest.Full, 1)
	server, err := web.Open(o, d, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	begin(t, d, server)
	links := server.Links()
	if len(links) == 0 {
		t.Fatal("there is no link")
	}
	return d, links[0]
}

func begin(t testing.TB, d *webtest.Daemon, server *web.Server) {
	t.Helper()
	d.Begin(server)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx, 10) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}

// split is a link in two: the page, and the code that comes after a #.
func split(t testing.TB, link string) (page, code string) {
	t.Helper()
	page, code, found := strings.Cut(link, "#")
	if !found {
		t.Fatalf("the link %q has no code", link)
	}
	return page, code
}

// host is the host:port of a URL.
func host(url string) string {
	_, rest, _ := strings.Cut(url, "//")
	rest, _, _ = strings.Cut(rest, "/")
	return rest
}
