#pragma once
#include <stdint.h>

#if __has_include(<libdwarf/libdwarf.h>)
#include <libdwarf/dwarf.h>
#include <libdwarf/libdwarf.h>
#elif __has_include(<libdwarf-2/libdwarf.h>)
#include <libdwarf-2/dwarf.h>
#include <libdwarf-2/libdwarf.h>
#else
#include <dwarf.h>
#include <libdwarf.h>
#endif

// libdwarf reads sections through callbacks, so that any container, inflated or in memory, can hand them
// over. The callbacks and their types changed names with version 0.1; both forms are kept here, so that no
// Swift code knows the difference. (Tried with 20210528 of Debian 12; the newer form follows its header.)

typedef struct {
  const char *name;
  const uint8_t *data;
  uint64_t size;
} wheelscrub_dwarf_section;

typedef struct {
  // Index 0 is the null section.
  const wheelscrub_dwarf_section *sections;
  uint64_t count;
  uint64_t total_size;
  uint8_t big_endian;
  uint8_t address_size;
} wheelscrub_dwarf_object;

static inline uint8_t wheelscrub_dwarf_length_size(void *object) {
  return ((wheelscrub_dwarf_object *)object)->address_size;
}

static inline uint8_t wheelscrub_dwarf_pointer_size(void *object) {
  return ((wheelscrub_dwarf_object *)object)->address_size;
}

static inline Dwarf_Unsigned wheelscrub_dwarf_count(void *object) {
  return ((wheelscrub_dwarf_object *)object)->count;
}

static inline int wheelscrub_dwarf_data(void *object, uint64_t index, Dwarf_Small **data) {
  wheelscrub_dwarf_object *it = (wheelscrub_dwarf_object *)object;
  if (index >= it->count || !it->sections[index].data) return DW_DLV_NO_ENTRY;
  *data = (Dwarf_Small *)it->sections[index].data;
  return DW_DLV_OK;
}

#ifdef DW_LIBDWARF_VERSION_MAJOR

static inline int wheelscrub_dwarf_info(void *object, Dwarf_Unsigned index,
                                        Dwarf_Obj_Access_Section_a *section, int *error) {
  wheelscrub_dwarf_object *it = (wheelscrub_dwarf_object *)object;
  (void)error;
  if (index >= it->count) return DW_DLV_NO_ENTRY;
  *section = (Dwarf_Obj_Access_Section_a){
      .as_name = it->sections[index].name, .as_size = it->sections[index].size, .as_type = 1};
  return DW_DLV_OK;
}

static inline Dwarf_Small wheelscrub_dwarf_order(void *object) {
  return ((wheelscrub_dwarf_object *)object)->big_endian ? DW_END_big : DW_END_little;
}

static inline Dwarf_Unsigned wheelscrub_dwarf_filesize(void *object) {
  return ((wheelscrub_dwarf_object *)object)->total_size;
}

static inline int wheelscrub_dwarf_load(void *object, Dwarf_Unsigned index, Dwarf_Small **data, int *error) {
  (void)error;
  return wheelscrub_dwarf_data(object, index, data);
}

static const Dwarf_Obj_Access_Methods_a wheelscrub_dwarf_methods = {
    .om_get_section_info = wheelscrub_dwarf_info,
    .om_get_byte_order = wheelscrub_dwarf_order,
    .om_get_length_size = wheelscrub_dwarf_length_size,
    .om_get_pointer_size = wheelscrub_dwarf_pointer_size,
    .om_get_filesize = wheelscrub_dwarf_filesize,
    .om_get_section_count = wheelscrub_dwarf_count,
    .om_load_section = wheelscrub_dwarf_load,
};

typedef Dwarf_Obj_Access_Interface_a wheelscrub_dwarf_interface;

static inline wheelscrub_dwarf_interface wheelscrub_dwarf_make(wheelscrub_dwarf_object *object) {
  return (wheelscrub_dwarf_interface){.ai_object = object, .ai_methods = &wheelscrub_dwarf_methods};
}

static inline void wheelscrub_dwarf_finish(Dwarf_Debug debug) { dwarf_object_finish(debug); }

#else

static inline int wheelscrub_dwarf_info(void *object, Dwarf_Half index, Dwarf_Obj_Access_Section *section,
                                        int *error) {
  wheelscrub_dwarf_object *it = (wheelscrub_dwarf_object *)object;
  (void)error;
  if (index >= it->count) return DW_DLV_NO_ENTRY;
  *section = (Dwarf_Obj_Access_Section){
      .name = it->sections[index].name, .size = it->sections[index].size, .type = 1};
  return DW_DLV_OK;
}

static inline Dwarf_Endianness wheelscrub_dwarf_order(void *object) {
  return ((wheelscrub_dwarf_object *)object)->big_endian ? DW_OBJECT_MSB : DW_OBJECT_LSB;
}

static inline int wheelscrub_dwarf_load(void *object, Dwarf_Half index, Dwarf_Small **data, int *error) {
  (void)error;
  return wheelscrub_dwarf_data(object, index, data);
}

static const Dwarf_Obj_Access_Methods wheelscrub_dwarf_methods = {
    .get_section_info = wheelscrub_dwarf_info,
    .get_byte_order = wheelscrub_dwarf_order,
    .get_length_size = wheelscrub_dwarf_length_size,
    .get_pointer_size = wheelscrub_dwarf_pointer_size,
    .get_section_count = wheelscrub_dwarf_count,
    .load_section = wheelscrub_dwarf_load,
};

typedef Dwarf_Obj_Access_Interface wheelscrub_dwarf_interface;

static inline wheelscrub_dwarf_interface wheelscrub_dwarf_make(wheelscrub_dwarf_object *object) {
  return (wheelscrub_dwarf_interface){.object = object, .methods = &wheelscrub_dwarf_methods};
}

static inline void wheelscrub_dwarf_finish(Dwarf_Debug debug) {
  Dwarf_Error error = 0;
  dwarf_object_finish(debug, &error);
}

#endif
