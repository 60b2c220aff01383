package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// TestRunNotifies runs the whole daemon under a service manager's socket: ready, alive, reloading, stopping.
func TestRunNotifies(t *testing.T) {
	dir := t.TempDir()
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "notify"))
	t.Setenv("WATCHDOG_USEC", "300000")
	t.Setenv("WATCHDOG_PID", "")
	file := filepath.Join(dir, "inceptiond.yaml")
	text := "mqtt: {broker: off}\ncameras: {a: {demo: {width: 32, height: 32, interval: 10ms}}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	exit := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		exit <- execute(ctx, []string{"run", "-c", file, "--output", "none"}, streams{nil, nil, &stderr})
	}()
	await := func(pattern string) {
		t.Helper()
		if err := socket.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		message := make([]byte, 4096)
		for {
			n, err := socket.Read(message)
			if err != nil {
				t.Fatalf("no %s: %v", pattern, err)
			}
			if regexp.MustCompile(pattern).Match(message[:n]) {
				return
			}
		}
	}
	await(`(?s)^READY=1\nWATCHDOG=1\nSTATUS=1 camera online, .*demo on cpu, broker off$`)
	await(`^WATCHDOG=1$`)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(`^RELOADING=1\nMONOTONIC_USEC=\d+$`)
	await(`^READY=1$`)
	if err := os.WriteFile(file, []byte("cameras: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(`^RELOADING=1\n`)
	await(`^READY=1$`)
	await(`STATUS=the config file is refused \(see the log\), 1 camera online, `)
	interrupt()
	await(`^STOPPING=1$`)
	if code := <-exit; code != 0 {
		t.Errorf("ended with %d: %s", code, stderr.String())
	}
}
