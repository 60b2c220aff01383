package text_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/inceptiond/inceptiond/internal/text"
)

func TestListen(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{syscall.EADDRINUSE, "listen on 127.0.0.1:80: address already in use: another program has the port; set web.listen to another one"},
		{syscall.EACCES, "listen on 127.0.0.1:80: permission denied: ports below 1024 are for root; set web.listen to a higher one"},
		{syscall.ECANCELED, "listen on 127.0.0.1:80: bind: operation canceled"},
	} {
		got := text.Listen("web.listen", "127.0.0.1:80", fmt.Errorf("bind: %w", test.err))
		if got.Error() != test.want || !errors.Is(got, test.err) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
