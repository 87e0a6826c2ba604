# Writes one add_test() for each test suite of PROGRAM to OUTPUT, named <room>/<suite> after the
# folder below ROOT that its file lies in. One process a suite: what a process needs once (a
# migrated database) is made once, and a crash takes no other suite down.
set(listing ${OUTPUT}.json)
execute_process(COMMAND ${PROGRAM} --gtest_list_tests --gtest_output=json:${listing}
  OUTPUT_QUIET RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${PROGRAM} cannot list its tests: ${failed}")
endif()
file(READ ${listing} json)
string(JSON suites GET ${json} testsuites)
string(JSON count LENGTH ${suites})
set(text "")
if(count GREATER 0)
  math(EXPR last "${count} - 1")
  foreach(at RANGE ${last})
    string(JSON suite GET ${suites} ${at})
    string(JSON name GET ${suite} name)
    string(JSON file GET ${suite} testsuite 0 file)
    file(RELATIVE_PATH inside ${ROOT} ${file})
    string(REGEX REPLACE "/.*" "" room ${inside})
    string(REGEX REPLACE "^Backends/" "" short ${name})
    string(APPEND text "add_test([==[${room}/${short}]==] [==[${PROGRAM}]==] [==[--gtest_filter=${name}.*]==])\n"
      "set_tests_properties([==[${room}/${short}]==] PROPERTIES TIMEOUT ${TIMEOUT} LABELS ${room}")
    if(room STREQUAL "mail")
      # They read one mailbox.
      string(APPEND text " RESOURCE_LOCK mailbox")
    endif()
    string(APPEND text ")\n")
  endforeach()
endif()
file(WRITE ${OUTPUT} ${text})
