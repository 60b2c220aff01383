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

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second signal kills the process at once
		// What cannot be interrupted, such as reading a pipe that nobody writes to, must not keep us.
		time.AfterFunc(2*time.Second, func() { os.Exit(exitError) })
	})
	os.Exit(execute(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}
