// Command page serves the page with a daemon that is played, for people who work on it:
//
//	go run ./publish/web/webtest/page -state full
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8225", "host:port of the page")
	state := flag.String("state", string(webtest.Full), fmt.Sprint("how the daemon is: ", webtest.States()))
	rate := flag.Float64("rate", 10, "frames a second")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *listen, webtest.State(*state), *rate); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve plays until ctx ends.
func serve(ctx context.Context, listen string, state webtest.State, rate float64) error {
	log, err := zap.NewDevelopment()
	if err != nil {
		return err
	}
	d := webtest.New(state, 1)
	s, err := web.Open(web.Options{Listen: listen, Rate: 5, Device: "gate-pi", Version: "played"}, d, log)
	if err != nil {
		return err
	}
	d.Begin(s)
	for _, link := range s.Links() {
		fmt.Println("page", link)
	}
	d.Run(ctx, rate)
	return s.Close()
}
