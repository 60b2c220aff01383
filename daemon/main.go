// Command inceptiond looks through cameras and says over MQTT what it sees.
//
// Frames from a camera become the input of a quantized Inception network (or a relative of it), and the best classes go
// out as JSON. `inceptiond run` is the daemon; the other commands look at the same parts one at a time.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stuck is how long what was interrupted may take to end, before the process ends without it: more than a daemon needs, which
// waits for its broker and for the page's answers (5 s at most), and less than systemd waits before it kills us (the unit says 10 s).
const stuck = 8 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second signal kills the process at once
		// What cannot be interrupted, such as reading a pipe that nobody writes to, must not keep us.
		time.AfterFunc(stuck, func() { os.Exit(exitError) })
	})
	os.Exit(execute(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}
