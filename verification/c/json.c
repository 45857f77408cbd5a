/* Reads JSON: as much of it as descriptions of networks need. */
#include "reference.h"

_Noreturn void fail(const char *what, const char *name) {
  fprintf(stderr, "%s: %s\n", what, name);
  exit(1);
}

void *zeroed(size_t count, size_t size) {
  void *memory = calloc(count > 0 ? count : 1, size);
  if (memory == NULL) fail("memory", "none left");
  return memory;
}

bool is(const char *a, const char *b) { return a != NULL && b != NULL && strcmp(a, b) == 0; }

static const char *at;

static void skip(void) {
  while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') at++;
}

static void expect(char c) {
  skip();
  if (*at != c) fail("description expected another character", at);
  at++;
}

static char *read_text(void) {
  expect('"');
  const char *end = strchr(at, '"');
  if (end == NULL || memchr(at, '\\', (size_t)(end - at)) != NULL) fail("description expected a plain name", at);
  char *text = zeroed((size_t)(end - at) + 1, 1);
  memcpy(text, at, (size_t)(end - at));
  at = end + 1;
  return text;
}

static Json *read_value(void);

static void read_parts(Json *whole, char close) {
  Json **to = &whole->first;
  at++;
  skip();
  if (*at == close) {
    at++;
    return;
  }
  for (;;) {
    char *key = NULL;
    if (close == '}') {
      skip();
      key = read_text();
      expect(':');
    }
    Json *part = read_value();
    part->key = key;
    *to = part;
    to = &part->next;
    skip();
    if (*at == close) break;
    expect(',');
  }
  at++;
}

static bool read_word(const char *word) {
  size_t length = strlen(word);
  if (strncmp(at, word, length) != 0) return false;
  at += length;
  return true;
}

static Json *read_value(void) {
  Json *value = zeroed(1, sizeof *value);
  skip();
  if (*at == '{') {
    value->type = JSON_OBJECT;
    read_parts(value, '}');
  } else if (*at == '[') {
    value->type = JSON_LIST;
    read_parts(value, ']');
  } else if (*at == '"') {
    value->type = JSON_STRING;
    value->text = read_text();
  } else if (read_word("true")) value->type = JSON_TRUE;
  else if (read_word("false")) value->type = JSON_FALSE;
  else if (read_word("null")) value->type = JSON_NULL;
  else {
    char *end;
    value->type = JSON_NUMBER;
    value->number = strtod(at, &end);
    if (end == at) fail("description expected a value", at);
    at = end;
  }
  return value;
}

Json *json_parse(const char *text) {
  at = text;
  return read_value();
}

const Json *field(const Json *object, const char *key) {
  if (object == NULL || object->type != JSON_OBJECT) return NULL;
  for (const Json *part = object->first; part != NULL; part = part->next) {
    if (is(part->key, key)) return part->type == JSON_NULL ? NULL : part;
  }
  return NULL;
}

double number_of(const Json *object, const char *key, double otherwise) {
  const Json *value = field(object, key);
  return value == NULL ? otherwise : value->number;
}

bool flag_of(const Json *object, const char *key, bool otherwise) {
  const Json *value = field(object, key);
  return value == NULL ? otherwise : value->type == JSON_TRUE;
}

const char *kind_of(const Json *value, const char *otherwise) {
  if (value == NULL) return otherwise;
  if (value->type == JSON_STRING) return value->text;
  const Json *kind = field(value, "kind");
  return kind == NULL ? otherwise : kind->text;
}
