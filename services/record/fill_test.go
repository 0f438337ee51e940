package record_test

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/registry"
)

// filler fills every field of a domain value with something of its own, so that
// a field that the record forgets comes back different.
type filler struct {
	n     int
	words map[string]string // the text put at each path, "Person.Name"
	// empty makes every list and map empty but not nil; none leaves them nil.
	empty, none bool
}

func (f *filler) fill(v reflect.Value, path string) {
	f.n++
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(f.n)*time.Hour + 123*time.Millisecond)
		return
	case *time.Duration:
		*at = time.Duration(f.n) * 1500 * time.Millisecond
		return
	case *register.Notes: // what a write brings never comes back
		return
	case *registry.Date:
		*at = registry.Date{Year: 2027, Month: 3, Day: 1}.AddDays(f.n)
		return
	}
	f.fillKind(v, path)
}

func (f *filler) fillKind(v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.String:
		f.words[path] = fmt.Sprintf("word-%d-of-%s", f.n, strings.ReplaceAll(path, ".", "-"))
		v.SetString(f.words[path])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(f.n) / 4)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n + 1))
	case reflect.Uint8:
		v.SetUint(uint64(f.n % 256))
	case reflect.Pointer:
		if !f.none {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), path)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."))
		}
	case reflect.Slice:
		f.fillSlice(v, path)
	case reflect.Map:
		f.fillMap(v, path)
	default:
		panic("filler knows no " + v.Kind().String())
	}
}

func (f *filler) fillSlice(v reflect.Value, path string) {
	n := 2
	switch {
	case f.none:
		return
	case f.empty:
		n = 0
	}
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		f.fill(v.Index(i), path+"[]")
	}
}

func (f *filler) fillMap(v reflect.Value, path string) {
	if f.none {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	if f.empty {
		return
	}
	key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	f.fill(key, path+"{key}")
	f.fill(value, path+"{}")
	v.SetMapIndex(key, value)
}
