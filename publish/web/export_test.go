package web

import (
	"net/http"
	"time"
)

// Handler answers requests as the server does.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Routes are the methods and paths of all that may be asked.
func (s *Server) Routes() (list [][2]string) {
	for _, r := range s.routes() {
		list = append(list, [2]string{r.method, r.path})
	}
	return list
}

// Hurry has nobody wait long for a picture.
func (s *Server) Hurry() { s.pictureTime = 100 * time.Millisecond }
