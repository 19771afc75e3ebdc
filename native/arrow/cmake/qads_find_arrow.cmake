# Makes the target Arrow::arrow_shared: from a system package of Arrow C++ or, where there is none, from the pyarrow
# wheel of the Python in QADS_PYTHON, which has headers and libraries inside.

if(TARGET Arrow::arrow_shared)
  return()
endif()

if(NOT QADS_PYTHON)
  find_package(Arrow CONFIG QUIET)
  if(TARGET Arrow::arrow_shared)
    return()
  endif()
endif()

set(QADS_PYTHON "" CACHE FILEPATH "A Python with pyarrow, whose Arrow C++ is used instead of a system package")
set(qads_python ${QADS_PYTHON})
if(NOT qads_python)
  set(qads_python python3)
endif()
execute_process(
  COMMAND ${qads_python} -c
    "import pyarrow, glob, os; d = pyarrow.get_library_dirs()[0]; print(pyarrow.get_include(), max(glob.glob(os.path.join(d, 'libarrow.so*')), key=len), sep=';', end='')"
  OUTPUT_VARIABLE qads_pyarrow RESULT_VARIABLE qads_result ERROR_QUIET
)
if(NOT qads_result EQUAL 0)
  message(FATAL_ERROR
    "QADataSwap's Arrow layer needs Arrow C++: install its development package (https://arrow.apache.org/install), "
    "or set QADS_PYTHON to a Python that has pyarrow")
endif()
list(GET qads_pyarrow 0 qads_arrow_include)
list(GET qads_pyarrow 1 qads_arrow_library)
message(STATUS "Arrow C++ from the pyarrow wheel: ${qads_arrow_library}")

add_library(Arrow::arrow_shared SHARED IMPORTED GLOBAL)
set_target_properties(Arrow::arrow_shared PROPERTIES
  IMPORTED_LOCATION ${qads_arrow_library}
  INTERFACE_INCLUDE_DIRECTORIES ${qads_arrow_include}
)
