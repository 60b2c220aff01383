package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish/web"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

// lesson is the gate's.
func (p *page) lesson(t *testing.T) (l web.Lesson) {
	t.Helper()
	p.get(t, "api/v1/teach/gate", &l)
	return l
}

// samples are pictures of the gate.
func (p *page) samples(t *testing.T, query string) (list []web.Sample, total int) {
	t.Helper()
	var answer struct {
		Samples []web.Sample
		Total   int
	}
	p.get(t, "api/v1/teach/gate/samples?"+query, &answer)
	return answer.Samples, answer.Total
}

// want sends JSON to a path below the gate's, and wants a status.
func (p *page) want(t *testing.T, method, path, body string, status int) string {
	t.Helper()
	answer, text := p.do(t, method, "api/v1/teach/gate"+path, "application/json", body)
	if answer.StatusCode != status {
		t.Errorf("%s %s %s: %d %s, want %d", method, path, body, answer.StatusCode, text, status)
	}
	return string(text)
}

func ids(list []web.Sample) string {
	var all []string
	for _, s := range list {
		all = append(all, s.ID)
	}
	text, _ := json.Marshal(all)
	return string(text)
}

// TestTeaching goes from the inbox to a version in use and back, as the page does.
func TestTeaching(t *testing.T) {
	p := open(t, webtest.Full)
	before := p.lesson(t)
	waiting, total := p.samples(t, "order=unsure&limit=4")
	if len(waiting) != 4 || total != before.Inbox {
		t.Fatalf("%d of %d wait, the lesson has %d", len(waiting), total, before.Inbox)
	}
	for i := 1; i < len(waiting); i++ {
		if waiting[i].Score < waiting[i-1].Score {
			t.Errorf("surer ones come first: %+v", waiting)
		}
	}
	answer, picture := p.do(t, http.MethodGet, "api/v1/teach/gate/samples/"+waiting[0].ID, "", "")
	if _, _, err := image.Decode(bytes.NewReader(picture)); err != nil || answer.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("a picture: %v %s", err, answer.Header.Get("Content-Type"))
	}

	p.want(t, http.MethodPost, "/samples", `{"ids":`+ids(waiting)+`,"to":{"shelf":"pictures","class":"open"}}`, http.StatusNoContent)
	p.want(t, http.MethodPost, "/samples", `{"ids":`+ids(waiting[:1])+`,"to":{"shelf":"held","class":"open"}}`, http.StatusNoContent)
	p.want(t, http.MethodDelete, "/samples?id="+waiting[1].ID, "", http.StatusNoContent)
	after := p.lesson(t)
	if after.Inbox != before.Inbox-4 || after.Held != before.Held+1 {
		t.Errorf("before %+v, after %+v", before, after)
	}

	p.want(t, http.MethodPost, "/train", `{"variants":2}`, http.StatusOK)
	p.want(t, http.MethodPost, "/train", `{}`, http.StatusConflict)
	var training web.Trained
	for end := time.Now().Add(patience); training.State != "done"; p.daemon.Step() {
		if p.get(t, "api/v1/teach/gate/train", &training); time.Now().After(end) {
			t.Fatalf("the training comes to no end: %+v", training)
		}
	}
	p.want(t, http.MethodPost, "/use", `{"version":"`+training.Version+`"}`, http.StatusOK)
	if l := p.lesson(t); l.Current == nil || l.Current.ID != training.Version || l.Previous.ID != before.Current.ID {
		t.Errorf("in use is %+v, before %+v", l.Current, l.Previous)
	}
	p.want(t, http.MethodPost, "/rollback", "", http.StatusOK)
	if l := p.lesson(t); l.Current.ID != before.Current.ID {
		t.Errorf("in use again is %+v", l.Current)
	}
	var tested web.Tested
	if err := json.Unmarshal([]byte(p.want(t, http.MethodPost, "/test", "", http.StatusOK)), &tested); err != nil || tested.Accuracy.Total != after.Held {
		t.Errorf("%v: %+v", err, tested)
	}
	p.want(t, http.MethodPost, "/forget", `{"class":"shut"}`, http.StatusOK)
	if l := p.lesson(t); l.Current != nil || len(l.Classes) != 1 {
		t.Errorf("after what was forgotten there is %+v", l)
	}
	p.want(t, http.MethodDelete, "", "", http.StatusNoContent)
	p.want(t, http.MethodGet, "", "", http.StatusNotFound)
}

// TestWorseIsRefused trains with wrong labels.
func TestWorseIsRefused(t *testing.T) {
	p := open(t, webtest.Full)
	open, _ := p.samples(t, "shelf=pictures&class=open&limit=20")
	p.want(t, http.MethodPost, "/samples", `{"ids":`+ids(open)+`,"to":{"shelf":"pictures","class":"shut"}}`, http.StatusNoContent)
	if wrong, total := p.samples(t, "shelf=pictures&order=wrong&limit=6"); len(wrong) != 6 || total < len(open) || !wrong[0].Suspicious || wrong[0].Answer != "open" {
		t.Errorf("%d of %d seem to be wrong: %+v", len(wrong), total, wrong)
	}
	p.want(t, http.MethodPost, "/train", `{}`, http.StatusOK)
	for end := time.Now().Add(patience); p.lesson(t).Training.State != "done"; p.daemon.Step() {
		if time.Now().After(end) {
			t.Fatal("the training comes to no end")
		}
	}
	if text := p.want(t, http.MethodPost, "/use", `{}`, http.StatusConflict); !strings.Contains(text, `"worse":true`) {
		t.Errorf("refused with %s", text)
	}
	p.want(t, http.MethodPost, "/use", `{"force":true}`, http.StatusOK)
}

// TestTaking takes pictures of cameras, of events, and of files.
func TestTaking(t *testing.T) {
	p := open(t, webtest.Full)
	event := p.settle(t, webtest.Full)
	before := p.lesson(t)
	p.want(t, http.MethodPost, "/take", `{"camera":"drive","count":5,"every_s":2,"to":{"shelf":"pictures","class":"open"}}`, http.StatusOK)
	for end := time.Now().Add(patience); p.lesson(t).Taking.Running; p.daemon.Step() {
		if time.Now().After(end) {
			t.Fatal("it never ends")
		}
	}
	if l := p.lesson(t); l.Taking.Done != 5 || l.Classes[0].Pictures != before.Classes[0].Pictures+5 {
		t.Errorf("taken: %+v of %+v", l.Taking, l.Classes)
	}
	p.want(t, http.MethodDelete, "/take", "", http.StatusNoContent)
	text := p.want(t, http.MethodPost, "/take", `{"camera":"yard","to":{"shelf":"inbox"}}`, http.StatusConflict)
	if !strings.Contains(text, "camera yard") {
		t.Errorf("refused with %s", text)
	}

	old := ""
	for id := range keptIDs(t, p) {
		old = id
	}
	for _, id := range []string{event, old} {
		text := p.want(t, http.MethodPost, "/samples", `{"event":"`+id+`","to":{"shelf":"inbox"}}`, http.StatusOK)
		var added web.Added
		if err := json.Unmarshal([]byte(text), &added); err != nil || !added.Fresh {
			t.Errorf("event %s: %s", id, text)
		}
	}
	newest, _ := p.samples(t, "shelf=inbox&limit=2")
	if newest[0].Camera == "" || newest[0].Time.IsZero() || newest[1].Camera == "" || newest[1].Time.IsZero() {
		t.Errorf("pictures of events: %+v", newest)
	}
	p.want(t, http.MethodPost, "/samples", `{"event":"99999999","to":{"shelf":"inbox"}}`, http.StatusNotFound)

	var dot bytes.Buffer
	if err := png.Encode(&dot, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"fresh":true`, `"fresh":false`} {
		answer, text := p.do(t, http.MethodPost, "api/v1/teach/gate/samples?shelf=pictures&class=open", "image/png", dot.String())
		if answer.StatusCode != http.StatusOK || !strings.Contains(string(text), want) {
			t.Errorf("a PNG: %d %s, want %s", answer.StatusCode, text, want)
		}
	}
	if answer, text := p.do(t, http.MethodPost, "api/v1/teach/gate/samples?shelf=pictures&class=open", "image/jpeg", "no picture"); answer.StatusCode != http.StatusConflict {
		t.Errorf("no picture: %d %s", answer.StatusCode, text)
	}
}

// keptIDs are the events whose pictures are on the disk alone.
func keptIDs(t *testing.T, p *page) map[string]bool {
	t.Helper()
	var list struct {
		Events []struct {
			ID   string
			Kept *struct{}
		}
	}
	p.get(t, "api/v1/events?limit=500", &list)
	all := map[string]bool{}
	for _, e := range list.Events {
		if e.Kept != nil {
			all[e.ID] = true
		}
	}
	if len(all) == 0 {
		t.Fatal("no pictures on the disk")
	}
	return all
}

// TestTeachRefusals asks for what there cannot be.
func TestTeachRefusals(t *testing.T) {
	p := open(t, webtest.Full)
	id := strings.Repeat("0", 64)
	many := `["` + strings.Join(strings.Split(strings.Repeat(id+" ", 501), " ")[:501], `","`) + `"]`
	for _, test := range []struct {
		method, path, body string
		want               int
		says               string
	}{
		{"GET", "/samples?order=best", "", 400, "order is"},
		{"GET", "/samples?shelf=attic", "", 422, "shelf is"},
		{"GET", "/samples?shelf=inbox&class=open", "", 422, "have no class"},
		{"GET", "/samples?offset=x", "", 400, "no number"},
		{"GET", "/samples/../../password", "", 404, ""},
		{"GET", "/samples/" + id, "", 404, "there is none"},
		{"GET", "/samples/" + strings.Repeat("z", 64), "", 404, "there is none"},
		{"POST", "/samples", `{"to":{"shelf":"inbox"}}`, 422, "say which pictures"},
		{"POST", "/samples", `{"ids":["` + id + `"],"event":"1","to":{"shelf":"inbox"}}`, 422, "say which pictures"},
		{"POST", "/samples", `{"ids":["` + id + `"],"to":{"shelf":"pictures"}}`, 422, "a class is"},
		{"POST", "/samples", `{"ids":["` + id + `"],"to":{"shelf":"pictures","class":"../x"}}`, 422, "a class is"},
		{"POST", "/samples", `{"ids":["` + id + `"],"to":{"shelf":"pictures","class":"none"}}`, 422, "other"},
		{"POST", "/samples", `{"ids":["` + id + `"],"to":{"shelf":"pictures","class":"open"}}`, 404, "there is none"},
		{"POST", "/samples", `{"ids":["x"],"to":{"shelf":"pictures","class":"open"}}`, 404, "there is none"},
		{"POST", "/samples", `{"ids":` + many + `,"to":{"shelf":"inbox"}}`, 422, "500"},
		{"POST", "/samples", strings.Repeat(" ", 70_000) + `{}`, 413, "65536"},
		{"DELETE", "/samples", "", 422, "500"},
		{"POST", "/take", `{"camera":"drive","count":2,"to":{"shelf":"inbox"}}`, 422, "every_s"},
		{"POST", "/take", `{"camera":"drive","count":2000,"every_s":1,"to":{"shelf":"inbox"}}`, 422, "1000"},
		{"POST", "/train", `{"variants":99}`, 422, "variants"},
		{"DELETE", "/train", "", 404, "there is none"},
		{"POST", "/use", `{"version":"nonsense"}`, 404, "there is none"},
		{"POST", "/forget", `{"class":"../x"}`, 404, "there is none"},
	} {
		if text := p.want(t, test.method, test.path, test.body, test.want); !strings.Contains(text, test.says) {
			t.Errorf("%s %s %.80s: %s, want %q", test.method, test.path, test.body, text, test.says)
		}
	}
	for body, want := range map[string]int{
		`{"name":"gate","camera":"drive"}`: 409, `{"name":"New","camera":"drive"}`: 422, `{"name":"new","camera":"nobody"}`: 409, `{"name":"new","camera":"drive"}`: 200,
	} {
		if answer, text := p.do(t, http.MethodPost, "api/v1/teach", "application/json", body); answer.StatusCode != want {
			t.Errorf("%s: %d %s, want %d", body, answer.StatusCode, text, want)
		}
	}
	for _, name := range []string{"nobody", "Gate", url.PathEscape("../gate"), strings.Repeat("a", 65)} {
		if answer, text := p.do(t, http.MethodGet, "api/v1/teach/"+name, "", ""); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d %s", name, answer.StatusCode, text)
		}
	}
}

// untaught is a daemon without a Teacher.
type untaught struct{ *webtest.Daemon }

func (untaught) Teacher() web.Teacher { return nil }

// TestWithoutTeacher has nothing taught, and nobody may only look who changes something.
func TestWithoutTeacher(t *testing.T) {
	for _, test := range []struct {
		daemon web.Daemon
		guard  webtest.Open
		want   map[string]int
		teach  bool
	}{
		{untaught{webtest.New(webtest.Full, 1)}, webtest.Open{}, map[string]int{"GET": 404, "POST": 404}, false},
		{webtest.New(webtest.Full, 1), webtest.Open{LookOnly: true}, map[string]int{"GET": 200, "POST": 403}, true},
	} {
		s, err := web.OpenGuarded(web.Options{Listen: "127.0.0.1:0", Rate: 50, Device: "gate-pi"}, test.daemon, test.guard, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		p := &page{s, nil, "http://" + s.Addr() + "/", &http.Client{Transport: &http.Transport{}, Timeout: patience}}
		for method, want := range test.want {
			if answer, text := p.do(t, method, "api/v1/teach", "application/json", `{"name":"new","camera":"drive"}`); answer.StatusCode != want {
				t.Errorf("%s: %d %s, want %d", method, answer.StatusCode, text, want)
			}
		}
		var live struct{ Teach bool }
		if p.get(t, "api/v1/live", &live); live.Teach != test.teach {
			t.Errorf("live says %t of the page Teach", live.Teach)
		}
		p.client.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// sample is the ID of a picture that waits, and bodies of requests that are about pictures; empty: there is none.
func (p *page) sample(t *testing.T) (id string, bodies []string) {
	t.Helper()
	var list struct{ Samples []web.Sample }
	answer, text := p.do(t, http.MethodGet, "api/v1/teach/gate/samples", "", "")
	if answer.StatusCode == http.StatusNotFound {
		return "0", nil
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Samples) > 0 {
		id = list.Samples[0].ID
	}
	return id, []string{
		fmt.Sprintf(`{"ids":[%q],"to":{"shelf":"pictures","class":"open"}}`, id), `{"camera":"drive","to":{"shelf":"inbox"}}`, `{"class":"shut"}`,
		`{"force":true}`, `{"variants":1}`, `{"name":"new","camera":"drive"}`,
	}
}
