package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inceptiond/inceptiond/docs/schema"
	"github.com/inceptiond/inceptiond/publish/web/webtest"
)

const schemaBase = "https://github.com/inceptiond/inceptiond/docs/schema/"

// openAPI is as much of the description as the tests look at.
type openAPI struct {
	Paths map[string]map[string]struct {
		RequestBody *struct {
			Content map[string]struct{}
		}
		Responses map[string]struct {
			Content map[string]struct {
				Schema json.RawMessage
			}
		}
	}
}

func description(t *testing.T) openAPI {
	t.Helper()
	text, err := schema.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d openAPI
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOpenAPI holds the description to what the server answers, in both directions.
func TestOpenAPI(t *testing.T) {
	p := open(t, webtest.Empty)
	described := map[string]bool{}
	for path, methods := range description(t).Paths {
		for method := range methods {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	for _, r := range p.Routes() {
		if page := !strings.HasPrefix(r[1], "/api/") && r[1] != "/healthz" && r[1] != "/session"; page {
			continue
		}
		what := r[0] + " " + r[1]
		if !described[what] {
			t.Errorf("%s is not described", what)
		}
		delete(described, what)
	}
	for what := range described {
		t.Errorf("%s is described, and not answered", what)
	}
}

// validator checks JSON against a schema of the description.
type validator struct{ compiler *jsonschema.Compiler }

func newValidator(t *testing.T) *validator {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	files, err := filepath.Glob("../../docs/schema/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d schemas: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := c.AddResource(schemaBase+filepath.Base(file), doc); err != nil {
			t.Fatal(err)
		}
	}
	return &validator{c}
}

// check says what is wrong with an answer to a request to a described path.
func (v *validator) check(d openAPI, method, path string, status int, media string, body []byte) error {
	escaped := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(path)
	code := fmt.Sprint(status)
	response, ok := d.Paths[path][strings.ToLower(method)].Responses[code]
	at := fmt.Sprintf("%sopenapi.json#/paths/%s/%s/responses/%s", schemaBase, escaped, strings.ToLower(method), code)
	if !ok {
		if status < 400 {
			return fmt.Errorf("%d is not described", status)
		}
		at = schemaBase + "openapi.json#/components/responses/Failure"
	}
	if media == "" {
		if status != http.StatusNoContent || len(body) > 0 {
			return fmt.Errorf("%d without a media type", status)
		}
		return nil
	}
	if content, described := response.Content[media]; ok && !described {
		return fmt.Errorf("%s is not described", media)
	} else if ok && content.Schema == nil {
		return nil
	}
	compiled, err := v.compiler.Compile(at + "/content/application~1json/schema")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}

// TestAnswersAreAsDescribed asks everything that is described of a daemon in each state, and much that is wrong.
func TestAnswersAreAsDescribed(t *testing.T) {
	d := description(t)
	for _, state := range webtest.States() {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			p, v := open(t, state), newValidator(t) // a compiler is one goroutine's
			p.Hurry()
			for range 40 {
				p.daemon.Step()
			}
			event := p.settle(t, state)
			for path, methods := range d.Paths {
				for method := range methods {
					method = strings.ToUpper(method)
					for _, r := range p.requests(t, path, method, event) {
						answer, body := p.do(t, method, r.path, r.media, r.body, r.headers...)
						if answer.StatusCode >= 500 {
							t.Errorf("%s %s: %d %s", method, r.path, answer.StatusCode, body)
						}
						if err := v.check(d, method, path, answer.StatusCode, answer.Header.Get("Content-Type"), body); err != nil {
							t.Errorf("%s %s: %d %s: %v", method, r.path, answer.StatusCode, body, err)
						}
					}
				}
			}
		})
	}
}

// settle waits until there is a picture, where there is to be one, and returns the id of an event.
func (p *page) settle(t *testing.T, state webtest.State) (event string) {
	t.Helper()
	for end := time.Now().Add(patience); state == webtest.Full; {
		p.daemon.Step()
		var s shown
		p.get(t, "api/v1/live", &s)
		if picture, _ := s.sequence(webtest.Drive); picture != 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no picture")
		}
	}
	var list struct {
		Events []struct {
			ID      string
			Picture bool
		}
	}
	p.get(t, "api/v1/events", &list)
	for _, e := range list.Events {
		if e.Picture {
			return e.ID
		}
	}
	return "0"
}

// request is one to a path of the description.
type request struct {
	path, media, body string
	headers           []string
}

// requests are some to a path, right and wrong.
func (p *page) requests(t *testing.T, path, method, event string) (list []request) {
	sample, bodies := p.sample(t)
	id := event
	if strings.Contains(path, "/teach/") {
		id = sample
	}
	name := webtest.TaughtGate
	if method == http.MethodDelete && path == "/api/v1/teach/{name}" {
		name = webtest.TaughtGarage // the other one is still asked about
	}
	for _, camera := range []string{webtest.Drive, webtest.Gate, webtest.Barn, "nobody"} {
		concrete := strings.NewReplacer("{camera}", camera, "{name}", name, "{model}", "birds", "{id}", id).Replace(strings.TrimPrefix(path, "/"))
		if method == http.MethodGet || method == http.MethodDelete {
			list = append(list, request{path: concrete}, request{path: concrete + "?sequence=x&before=y"}, request{path: concrete + "?after=nonsense"})
		} else {
			list = append(list,
				request{concrete, "application/json", `{}`, nil},
				request{concrete, "application/json", `{`, nil},
				request{concrete, "text/plain", `{}`, nil},
				request{concrete, "application/json", `{"command":"paused","value":"OFF"}`, nil},
				request{concrete, "application/json", `{"command":"enter","value":"7"}`, nil},
				request{concrete, "application/json", `{"text":"a: 1\n","changes":[{"key":"a","value":null}]}`, nil},
				request{concrete, "application/json", `{"text":"nonsense"}`, []string{"If-Match", `"x"`}},
				request{concrete, "application/json", `{"text":"a: 1\n"}`, []string{"If-Match", `"x"`}},
				request{concrete, "image/png", "no picture", nil},
			)
			for _, body := range bodies {
				list = append(list, request{concrete, "application/json", body, nil})
			}
		}
		if concrete == strings.TrimPrefix(path, "/") {
			break
		}
	}
	return list
}
