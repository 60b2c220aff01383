//go:build cgo && tflite

package main

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>
#include <tensorflow/lite/c/c_api.h>

#if __has_include(<tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h>)
#include <tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h>
#else
// TensorFlow Lite 2.9's, which the package that `make tflite` fetches has no header for.
typedef struct {
	int32_t num_threads;
	uint32_t flags;
	void *weights_cache;
} TfLiteXNNPackDelegateOptions;
#define TFLITE_XNNPACK_DELEGATE_FLAG_QS8 0x00000001
#define TFLITE_XNNPACK_DELEGATE_FLAG_QU8 0x00000002
#endif

// The two functions are looked up when they are needed: not every library has them.
static TfLiteDelegate *xnnpack_create(int32_t threads, int unsigned_too) {
	TfLiteXNNPackDelegateOptions (*defaults)(void) = dlsym(RTLD_DEFAULT, "TfLiteXNNPackDelegateOptionsDefault");
	TfLiteDelegate *(*create)(const TfLiteXNNPackDelegateOptions *) = dlsym(RTLD_DEFAULT, "TfLiteXNNPackDelegateCreate");
	if (defaults == NULL || create == NULL) return NULL;
	TfLiteXNNPackDelegateOptions options = defaults();
	options.num_threads = threads;
	options.flags |= TFLITE_XNNPACK_DELEGATE_FLAG_QS8;
	if (unsigned_too) options.flags |= TFLITE_XNNPACK_DELEGATE_FLAG_QU8;
	return create(&options);
}
*/
import "C"

import (
	"errors"
	"unsafe"
)

// xnnpack is the delegate inside the library. go-tflite's own package for it links two libraries more.
type xnnpack struct{ d *C.TfLiteDelegate }

// newXNNPACK has it take float and int8 operators, and uint8 ones if unsigned says so.
func newXNNPACK(threads int, unsigned bool) (xnnpack, error) {
	flag := C.int(0)
	if unsigned {
		flag = 1
	}
	d := C.xnnpack_create(C.int32_t(threads), flag)
	if d == nil {
		return xnnpack{}, errors.New("this TensorFlow Lite has no XNNPACK")
	}
	return xnnpack{d}, nil
}

// Ptr is for go-tflite.
func (x xnnpack) Ptr() unsafe.Pointer { return unsafe.Pointer(x.d) }

// Delete does nothing: the delegate ends with the process, as the network does that uses it.
func (xnnpack) Delete() {}
