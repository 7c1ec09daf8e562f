package web

import (
	"errors"
	"net/http"

	"swapnest/internal/chat"
)

// field is an input of a form as it is shown: what was typed, and what is wrong with it.
type field struct {
	Name, Value, Fault string
}

// form is a posted form on its way back to the person. Fault is about the whole of it.
type form struct {
	Fault  field
	Status int
}

// refuse puts a refusal beside the field that it is about, or above the form when
// it is about none of them. Whatever is no refusal is returned: it is a fault.
func (f *form) refuse(rw http.ResponseWriter, err error, fields ...*field) error {
	refusal, ok := errors.AsType[*chat.Error](err)
	if !ok {
		return err
	}
	after(rw, err)
	f.Status = status(err)
	for _, one := range fields {
		if one.Name == refusal.Field {
			one.Fault = refusal.Detail
			return nil
		}
	}
	f.Fault.Fault = refusal.Detail
	return nil
}

// typed returns the field with what was posted for it.
func typed(r *http.Request, name string) field {
	return field{Name: name, Value: r.PostForm.Get(name)}
}
