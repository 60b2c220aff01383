package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/publish/web"
)

// teachTime is how long the first picture of a command may take to come.
const teachTime = 5 * time.Second

// teach carries out a command about what a camera's model was taught as, or its pictures are collected for.
func (s *Service) teach(ctx context.Context, rule control.Rule, command control.Command) (control.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return control.Outcome{}, err
	}
	camera, there := s.Plan().Cameras[command.Camera]
	if !there {
		return control.Outcome{}, fmt.Errorf("%w: %s", control.ErrNoCamera, control.Shown(command.Camera))
	}
	value, err := rule.Parse(command.Value)
	switch {
	case err != nil:
	case s.teacher == nil:
		err = errors.New("nobody teaches here")
	case camera.Taught == "":
		err = fmt.Errorf("the model of the camera was not taught here, and its pictures are collected for none "+
			"(say which it is: cameras.%s.collect.name, or a model with file: taught:NAME or people: NAME)", command.Camera)
	case command.Kind == control.Train:
		err = s.teacher.Train(ctx, camera.Taught, web.TrainOptions{})
	default:
		lesson, _ := control.ParseLesson(value) // as Parse wrote it
		within, cancel := context.WithTimeout(ctx, teachTime)
		defer cancel()
		_, err = s.teacher.Take(within, camera.Taught, web.Take{Camera: command.Camera, Count: lesson.Count}, web.Place{Shelf: web.ShelfPictures, Class: lesson.Label})
		if within.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("no picture has come within %v", teachTime)
		}
	}
	var refused *web.Refused
	switch {
	case errors.As(err, &refused):
		return control.Outcome{Refused: refused.Reasons}, nil
	case err != nil && ctx.Err() == nil:
		return refusedFor(err), nil
	}
	return control.Outcome{}, err
}
