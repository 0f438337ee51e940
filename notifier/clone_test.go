package notifier_test

import (
	"reflect"
	"testing"
	"time"
)

// clone copies a value as a store would keep it, so that nothing is shared with a
// caller: all that is exported, however deep, and no reading of a monotonic clock.
func clone[T any](v T) T {
	var out T
	cloneInto(reflect.ValueOf(&out).Elem(), reflect.ValueOf(&v).Elem())
	return out
}

func cloneInto(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Struct:
		cloneStruct(to, from)
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if !from.IsNil() {
			cloneShared(to, from)
		}
	case reflect.Array:
		for i := range from.Len() {
			cloneInto(to.Index(i), from.Index(i))
		}
	case reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		panic("a store cannot keep a " + from.Type().String())
	default:
		to.Set(from)
	}
}

func cloneStruct(to, from reflect.Value) {
	if at, is := from.Interface().(time.Time); is {
		to.Set(reflect.ValueOf(at.Round(0)))
		return
	}
	for i := range from.NumField() {
		if from.Type().Field(i).IsExported() {
			cloneInto(to.Field(i), from.Field(i))
		}
	}
}

// cloneShared copies what is behind a value that is not nil.
func cloneShared(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(from.Type().Elem()))
		cloneInto(to.Elem(), from.Elem())
	case reflect.Slice:
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		if from.Type().Elem().Kind() == reflect.Uint8 {
			reflect.Copy(to, from)
			return
		}
		for i := range from.Len() {
			cloneInto(to.Index(i), from.Index(i))
		}
	default:
		to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
		for each := from.MapRange(); each.Next(); {
			value := reflect.New(from.Type().Elem()).Elem()
			cloneInto(value, each.Value())
			to.SetMapIndex(each.Key(), value)
		}
	}
}

func TestACloneSharesNothing(t *testing.T) {
	type inner struct{ List []string }
	type outer struct {
		At     time.Time
		One    *inner
		Many   []inner
		By     map[string][]byte
		None   *inner
		secret string
	}
	was := outer{At: time.Now(), One: &inner{List: []string{"a"}}, Many: []inner{{List: []string{"b"}}}, By: map[string][]byte{"k": []byte("v")}, secret: "s"}
	is := clone(was)
	was.One.List[0], was.Many[0].List[0], was.By["k"][0] = "x", "x", 'x'
	want := outer{At: was.At.Round(0), One: &inner{List: []string{"a"}}, Many: []inner{{List: []string{"b"}}}, By: map[string][]byte{"k": []byte("v")}}
	if !reflect.DeepEqual(is, want) {
		t.Errorf("the clone is %+v, want %+v", is, want)
	}
}
