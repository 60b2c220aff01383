package web

import (
	"net/http"

	"github.com/inceptiond/inceptiond/docs/schema"
)

// serveOpenAPI answers with what may be asked.
func serveOpenAPI(w http.ResponseWriter, _ *http.Request) error {
	text, err := schema.OpenAPI()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", asJSON)
	_, _ = w.Write(text) // who has gone does not get it
	return nil
}
