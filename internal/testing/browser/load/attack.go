package load

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Attack holds n connections half open to an address of this machine, again when they are closed, and guesses passwords, until stop
// is called, which says how many were opened and guessed.
func Attack(page, address, port string, n int) (stop func() (opened, guessed int64)) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	var opened, guessed atomic.Int64
	to := net.JoinHostPort(address, port)
	for range n {
		all.Go(func() {
			for ctx.Err() == nil {
				if halfOpen(ctx, to) {
					opened.Add(1)
				}
				rest(ctx, 5*time.Second)
			}
		})
	}
	for range 4 {
		all.Go(func() {
			client := &http.Client{Transport: from(19), Timeout: 30 * time.Second}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				if guess(ctx, client, page) {
					guessed.Add(1)
				}
				rest(ctx, 100*time.Millisecond)
			}
		})
	}
	return func() (int64, int64) {
		cancel()
		all.Wait()
		return opened.Load(), guessed.Load()
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// halfOpen begins a request that it does not end, and waits until the other side has enough of it.
func halfOpen(ctx context.Context, to string) bool {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	c, err := dialer.DialContext(ctx, "tcp", to)
	if err != nil {
		return false
	}
	defer c.Close()
	end := context.AfterFunc(ctx, func() { c.Close() })
	defer end()
	if _, err := io.WriteString(c, "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "); err != nil {
		return true
	}
	io.Copy(io.Discard, c)
	return true
}

// guess tries a password.
func guess(ctx context.Context, client *http.Client, page string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, page+"session", strings.NewReader(`{"password":"not the password"}`))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
	return answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusTooManyRequests
}
