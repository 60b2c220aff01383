package publish

import "time"

var cameraKind = Kind{Name: "camera-status", Topic: "status", QoS: 1, Retained: true, Lines: true}

// CameraState is how a camera is. More of them may come.
type CameraState string

// The states of a camera.
const (
	CameraConnecting CameraState = "connecting" // not opened yet
	CameraOnline     CameraState = "online"     // frames arrive
	CameraLost       CameraState = "lost"       // gone or silent; opened again with growing pauses
	CameraPaused     CameraState = "paused"     // closed on purpose: somebody has paused it, or it is outside its hours
	CameraEnded      CameraState = "ended"      // its pictures are all done
	CameraStopped    CameraState = "stopped"    // the daemon has stopped, or does without the camera after a reload
)

// CameraStates lists them.
func CameraStates() []CameraState {
	return []CameraState{CameraConnecting, CameraOnline, CameraLost, CameraPaused, CameraEnded, CameraStopped}
}

// CameraStatus is a change in how a camera is.
type CameraStatus struct {
	Device string
	Camera string
	State  CameraState
	Reason string // the error behind a lost camera, or why it is paused, for people
	Time   time.Time
}

// Key implements Message.
func (s CameraStatus) Key() Key { return Key{Kind: cameraKind, Camera: s.Camera, Retained: true} }

// AppendJSON appends the camera status message (docs/schema/camera-status.json) to dst.
func (s CameraStatus) AppendJSON(dst []byte) []byte {
	return appendJSON(dst, cameraMessage{
		Schema: Schema, Device: s.Device, Camera: s.Camera,
		State: s.State, Reason: s.Reason, Time: timestamp(s.Time),
	})
}

type cameraMessage struct {
	Schema int         `json:"schema"`
	Device string      `json:"device"`
	Camera string      `json:"camera"`
	State  CameraState `json:"state"`
	Reason string      `json:"reason,omitempty"`
	Time   string      `json:"time"`
}
