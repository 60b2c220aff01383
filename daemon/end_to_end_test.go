package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/freeport"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// needProgram skips the test where a program is not installed, or fails where CI=true.
func needProgram(t *testing.T, name, debian string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no %s, and CI must not skip (apt install %s)", name, debian)
		}
		t.Skipf("no %s (apt install %s)", name, debian)
	}
}

func portTaken(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return true
	}
	l.Close()
	return false
}

// TestRunToSubscriber is what a newcomer does: `inceptiond run` with nothing configured, a subscriber on its broker,
// then Ctrl-C.
func TestRunToSubscriber(t *testing.T) {
	needProgram(t, "mosquitto_sub", "mosquitto-clients")
	port := freeport.Find(t)
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	r, w := io.Pipe()
	exit := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		exit <- execute(ctx, []string{"run", "--listen", "127.0.0.1:" + port}, streams{nil, w, &stderr})
		w.Close()
	}()
	terminal := bufio.NewScanner(r)
	waitForLine(t, terminal, "mosquitto_sub -h 127.0.0.1 -p "+port)
	waitForLine(t, terminal, "infer")
	go io.Copy(io.Discard, r)

	messages := subscribe(t, port, "status", "demo/status", "demo/state", "demo/event", "spool", "demo/result", "demo/result")
	interrupt()
	begin := time.Now()
	select {
	case code := <-exit:
		if code != 0 || time.Since(begin) > 2*time.Second { // the least that a publisher gives up after
			t.Errorf("ended with %d after %v, want 0 at once", code, time.Since(begin))
		}
	case <-time.After(time.Minute):
		t.Fatal("does not end")
	}
	if got := messages["status"]; got != "online" {
		t.Errorf("status is %q, want online", got)
	}
	checkSchema(t, "camera-status", messages["demo/status"])
	checkSchema(t, "state", messages["demo/state"])
	checkSchema(t, "result", messages["demo/result"])
	checkSchema(t, "event", messages["demo/event"])
	checkSchema(t, "spool", messages["spool"])
}

// waitForLine reads until a line has the text.
func waitForLine(t *testing.T, s *bufio.Scanner, text string) {
	t.Helper()
	for s.Scan() {
		if strings.Contains(s.Text(), text) {
			return
		}
	}
	t.Fatalf("the program ended without a line with %q", text)
}

// subscribe collects one message of each topic below the prefix of any device with mosquitto_sub, the last if a topic is
// named more than once.
func subscribe(t *testing.T, port string, topics ...string) map[string]string {
	t.Helper()
	return subscribeBelow(t, port, "inceptiond/+", topics...)
}

func subscribeBelow(t *testing.T, port, prefix string, topics ...string) map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-t", prefix+"/#", "-v")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cancel()
	missing := map[string]int{}
	for _, topic := range topics {
		missing[topic]++
	}
	got := map[string]string{}
	for s := bufio.NewScanner(out); len(missing) > 0 && s.Scan(); {
		topic, payload, _ := strings.Cut(s.Text(), " ")
		levels := strings.SplitN(topic, "/", 3)
		got[levels[2]] = payload
		if missing[levels[2]]--; missing[levels[2]] <= 0 {
			delete(missing, levels[2])
		}
	}
	if len(missing) > 0 {
		t.Fatalf("no message on %v; got %v", missing, got)
	}
	return got
}

// checkSchema holds a message to its schema in docs.
func checkSchema(t *testing.T, name, message string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile("../docs/schema/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal([]byte(message), &value); err != nil {
		t.Fatalf("%s: %v in %s", name, err, message)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}
