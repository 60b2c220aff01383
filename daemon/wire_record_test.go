package main_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the golden files of testdata/wire anew")

// patience is for what must happen, on a machine that is busy with other things.
const patience = 30 * time.Second

// eventually polls until done.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// message is one message as a subscriber gets it.
type message struct {
	topic    string
	qos      byte
	retained bool // sent because the broker keeps it, not because somebody published it now
	payload  string
}

// kind is the last level of the topic.
func (m message) kind() string { return m.topic[strings.LastIndexByte(m.topic, '/')+1:] }

// recorder is a subscriber to everything that writes down what it gets, in order.
type recorder struct {
	mu       sync.Mutex
	messages []message
}

// record subscribes a new recorder to the broker at this address.
func record(t *testing.T, address string) *recorder {
	t.Helper()
	r := new(recorder)
	r.connect(t, address)
	return r
}

// connect subscribes to everything on the broker at this address, as soon as there is one, with a client of its own.
func (r *recorder) connect(t *testing.T, address string) paho.Client {
	t.Helper()
	var client paho.Client
	eventually(t, "a connection to the broker", func() bool {
		o := paho.NewClientOptions().AddBroker("tcp://" + address).SetAutoReconnect(false).SetOrderMatters(true)
		client = paho.NewClient(o.SetClientID(fmt.Sprintf("recorder-%d", time.Now().UnixNano())))
		token := client.Connect()
		return token.WaitTimeout(patience) && token.Error() == nil
	})
	t.Cleanup(func() { client.Disconnect(0) })
	token := client.Subscribe("#", 2, func(_ paho.Client, m paho.Message) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.messages = append(r.messages, message{m.Topic(), m.Qos(), m.Retained(), string(m.Payload())})
	})
	if !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatal("subscribe: ", token.Error())
	}
	return client
}

// late is what a subscriber gets that comes now: all that the broker keeps.
func late(t *testing.T, address string) []message {
	t.Helper()
	const mark = "broker/mark" // comes after what the broker keeps
	r := new(recorder)
	client := r.connect(t, address)
	defer client.Disconnect(0)
	client.Publish(mark, 1, false, "")
	eventually(t, "the mark", func() bool { return r.count(mark, "") > 0 })
	return slices.DeleteFunc(r.all(), func(m message) bool { return !m.retained })
}

// all are the messages so far, without the broker's own, and without those by which the program finds out about the broker.
func (r *recorder) all() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.messages), func(m message) bool {
		return strings.HasPrefix(m.topic, "broker/") || strings.Contains(m.topic, "/doctor/")
	})
}

// count is how many messages of a topic have this text in them.
func (r *recorder) count(topic, text string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.messages {
		if m.topic == topic && strings.Contains(m.payload, text) {
			n++
		}
	}
	return n
}

// await waits until n messages of a topic have this text in them.
func (r *recorder) await(t *testing.T, topic, text string, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages on %s with %q", n, topic, text), func() bool { return r.count(topic, text) >= n })
}

// session is what is written down of one run: the messages of each topic in the order in which they came, and what the
// broker keeps in the end.
type session struct {
	live []message
	kept []message

	stepped  bool              // each change was awaited before the next was made: none may be missing
	restarts int               // how often the numbers of events may have leaped
	replaced map[string]string // what differs from run to run, such as ports, and what stands for it
	first    map[string]int    // of these topics, which go on for as long as the program runs, only so many are compared
}

// check compares the session with its golden file, and each message with its schema.
func (s session) check(t *testing.T, name string) {
	t.Helper()
	schemas := loadSchemas(t)
	for _, m := range slices.Concat(s.live, s.kept) {
		schemas.check(t, schemaOf(m), m.payload)
	}
	numbers := eventNumbers(t, s.live, s.restarts)
	got := s.sections("", s.live, numbers)
	maps.Copy(got, s.sections("kept: ", s.kept, numbers))
	golden{sections: got, exact: s.stepped}.check(t, name)
}

// sections are the lines of each topic.
func (s session) sections(title string, messages []message, numbers map[float64]int) map[string][]string {
	lines := map[string][]string{}
	for _, m := range messages {
		title := title + m.topic
		line := fmt.Sprintf("qos %d retained %-5v %s", m.qos, m.retained, normalize(m, numbers))
		for old, now := range s.replaced {
			line = strings.ReplaceAll(line, old, now)
		}
		switch before := lines[title]; {
		case !s.stepped && strings.Contains(line, `"state":"connecting"`):
			// It comes before there is a connection, or is replaced by what follows at once: nobody knows.
		case (m.kind() == "spool" || m.kind() == "config") && len(before) > 0 && before[len(before)-1] == line:
			// The same again: a backlog is told anew when it is done, and at most once a second; a new client tells what is
			// retained, and may be overtaken by what is new.
		case s.first[m.topic] > 0 && len(before) == s.first[m.topic]:
		default:
			lines[title] = append(before, line)
		}
	}
	return lines
}

// eventNumbers gives each event's number its place among those of its topic, from 0, and checks that all numbers together
// have no more gaps than the program had reason for.
func eventNumbers(t *testing.T, messages []message, restarts int) map[float64]int {
	t.Helper()
	places, next := map[float64]int{}, map[string]int{}
	for _, m := range messages {
		if m.kind() != "event" {
			continue
		}
		var e struct{ Sequence float64 }
		if err := json.Unmarshal([]byte(m.payload), &e); err != nil {
			t.Fatalf("%s: %v", m.payload, err)
		}
		if _, again := places[e.Sequence]; !again {
			places[e.Sequence] = next[m.topic]
			next[m.topic]++
		}
	}
	gaps, all := 0, slices.Sorted(maps.Keys(places))
	for i := 1; i < len(all); i++ {
		if all[i] != all[i-1]+1 {
			gaps++
		}
	}
	if gaps > restarts {
		t.Errorf("the numbers of events have %d gaps, want %d at most: %v", gaps, restarts, all)
	}
	return places
}

// What differs from run to run, field by field. The patterns hold the form of what they replace.
var (
	timeField    = regexp.MustCompile(`"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`)
	msField      = regexp.MustCompile(`"([a-z]+_ms)":(?:0|[1-9]\d*)(?:\.\d{0,2}[1-9])?([,}])`)
	bootField    = regexp.MustCompile(`"boot":"[0-9a-f-]{36}"`)
	syncedField  = regexp.MustCompile(`"clock_synced":(true|false)`)
	numberField  = regexp.MustCompile(`"sequence":([1-9]\d*)`)
	waitingField = regexp.MustCompile(`"waiting":\d+,"bytes":\d+`)
	badCount     = regexp.MustCompile(`the last of \d+:`)
	noCamera     = regexp.MustCompile(`(there is no such camera; ).*(: camera lost)`)
)

// normalize replaces in a message what differs from run to run.
func normalize(m message, numbers map[float64]int) string {
	text := timeField.ReplaceAllString(m.payload, `"time":"TIME"`)
	text = msField.ReplaceAllString(text, `"$1":MS$2`)
	text = bootField.ReplaceAllString(text, `"boot":"BOOT"`)
	text = syncedField.ReplaceAllString(text, `"clock_synced":SYNCED`)
	text = badCount.ReplaceAllString(text, `the last of N:`)
	text = noCamera.ReplaceAllString(text, `${1}CAMERAS$2`)
	switch m.kind() {
	case "event":
		text = numberField.ReplaceAllStringFunc(text, func(field string) string {
			var n float64
			fmt.Sscanf(field, `"sequence":%g`, &n)
			return fmt.Sprintf(`"sequence":FIRST+%d`, numbers[n])
		})
	case "spool":
		text = waitingField.ReplaceAllString(text, `"waiting":WAITING,"bytes":BYTES`)
	}
	return text
}

// golden is text in sections, by their titles, as a file keeps it.
type golden struct {
	sections map[string][]string
	exact    bool // else a section may lack what same allows
}

// check compares with the file of this name, or writes it.
func (g golden) check(t *testing.T, name string) {
	t.Helper()
	file := filepath.Join("testdata", "wire", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(g.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := parseGolden(string(data))
	titles := slices.Concat(slices.Collect(maps.Keys(g.sections)), slices.Collect(maps.Keys(want.sections)))
	slices.Sort(titles)
	for _, title := range slices.Compact(titles) {
		got, want := g.sections[title], want.sections[title]
		if !slices.Equal(got, want) && (g.exact || !same(title, got, want)) {
			t.Errorf("%s: %s\n got\n%s\n want\n%s", name, title, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// String is the text of the file: a title without indentation, and its lines with.
func (g golden) String() string {
	var b strings.Builder
	for _, title := range slices.Sorted(maps.Keys(g.sections)) {
		fmt.Fprintln(&b, title)
		for _, line := range g.sections[title] {
			fmt.Fprintln(&b, "\t"+line)
		}
	}
	return b.String()
}

// parseGolden reads what String has written.
func parseGolden(text string) golden {
	g := golden{sections: map[string][]string{}}
	title := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if body, ok := strings.CutPrefix(line, "\t"); ok {
			g.sections[title] = append(g.sections[title], body)
			continue
		}
		title = line
		g.sections[title] = nil
	}
	return g
}

// same tells whether a section of a camera's status, state or decision is as it was. Only the newest of them counts where the
// connection is slower than the changes, as docs/messages.md has it: some may be missing, but not the last, and none may
// be another.
func same(title string, got, want []string) bool {
	if !strings.HasSuffix(title, "/status") && !strings.HasSuffix(title, "/state") && !strings.HasSuffix(title, "/decision") || len(got) == 0 || len(want) == 0 {
		return false
	}
	if got[len(got)-1] != want[len(want)-1] {
		return false
	}
	rest := want
	for _, line := range got {
		i := slices.Index(rest, line)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

// schemas are those of docs/schema, by their names.
type schemas map[string]*jsonschema.Schema

func loadSchemas(t *testing.T) schemas {
	t.Helper()
	all := schemas{}
	files, err := filepath.Glob("../docs/schema/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		s, err := jsonschema.NewCompiler().Compile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".json")] = s
	}
	return all
}

// schemaOf is the name of the schema that a message must hold to; empty: it is a word.
func schemaOf(m message) string {
	switch kind := m.kind(); {
	case kind == "status" && !strings.HasPrefix(m.payload, "{"):
		return ""
	case kind == "status":
		return "camera-status"
	case kind == "engine", kind == "config":
		return kind + "-status"
	case strings.Contains(m.topic, "/count/"):
		return "count"
	default:
		return kind
	}
}

// check holds a message to the schema of this name.
func (s schemas) check(t *testing.T, name, text string) {
	t.Helper()
	if name == "" {
		if text != "online" && text != "offline" && text != "" { // that of a camera under a prefix that is left
			t.Errorf("the status is %q", text)
		}
		return
	}
	if text == "" && name != "event" && name != "result" {
		return // what was retained is cleared
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if s[name] == nil {
		t.Fatalf("no schema %q for %s", name, text)
	}
	if err := s[name].Validate(value); err != nil {
		t.Errorf("%s: %v in %s", name, err, text)
	}
}

// printed checks the lines of --output json against their schemas, and returns them ready to compare.
func printed(t *testing.T, text string) []string {
	t.Helper()
	schemas := loadSchemas(t)
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		name := "camera-status"
		switch {
		case strings.Contains(line, `"predictions":`):
			name = "result"
		case strings.Contains(line, `"wanted":`):
			name = "engine-status"
		}
		schemas.check(t, name, line)
		lines = append(lines, normalize(message{payload: line}, nil))
	}
	return lines
}

// What differs from run to run in the lines of --output text. Figures have a width of 5 or 6 at least.
var (
	clockText   = regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3}  `)
	stageText   = regexp.MustCompile(`(wait|pre) [ \d]{3,}\.\d ms|(infer|total) [ \d]{4,}\.\d ms`)
	versionText = regexp.MustCompile(`^(inceptiond +)\S+(, device )`)
	kernelsText = regexp.MustCompile(`with \S+ kernels`)
)

// shown makes the lines of --output text ready to compare.
func shown(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line = clockText.ReplaceAllString(strings.TrimSuffix(line, "\n"), "HH:MM:SS.mmm  ")
		line = versionText.ReplaceAllString(line, "${1}VERSION$2")
		line = kernelsText.ReplaceAllString(line, "with KERNELS kernels")
		lines = append(lines, stageText.ReplaceAllString(line, "$1$2 MS ms"))
	}
	return lines
}
