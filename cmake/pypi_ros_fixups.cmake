# SPDX-License-Identifier: Apache-2.0
#
# For builds against the ROS wheels from PyPI only; a ROS from apt does not need it. Inject it with
#
#   -DCMAKE_PROJECT_INCLUDE=<this file>
#
# It acts once all of the project's CMakeLists.txt has been read, and repairs two things:
#
# 1. The wheels were compiled in a manylinux container, and the targets that they export still list that container's
#    Python headers (/opt/python/...). CMake refuses imported targets with include folders that are not on this machine.
# 2. The generated Python library exports the folder of NumPy's headers. With the environment at <source>/.venv that
#    folder lies inside the source tree, which CMake refuses to export. Nobody needs it after the build.

function(mia_keep_existing_folders target)
  get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
  if(NOT folders)
    return()
  endif()
  set(existing "")
  foreach(folder IN LISTS folders)
    # Generator expressions are not absolute: CMake resolves them later.
    if(NOT IS_ABSOLUTE "${folder}" OR IS_DIRECTORY "${folder}")
      list(APPEND existing "${folder}")
    endif()
  endforeach()
  set_property(TARGET ${target} PROPERTY INTERFACE_INCLUDE_DIRECTORIES "${existing}")
endfunction()

function(mia_export_no_source_folders target)
  get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
  if(NOT folders)
    return()
  endif()
  set(exported "")
  foreach(folder IN LISTS folders)
    string(FIND "${folder}" "${CMAKE_SOURCE_DIR}/" position)
    if(position EQUAL 0)
      set(folder "$<BUILD_INTERFACE:${folder}>")
    endif()
    list(APPEND exported "${folder}")
  endforeach()
  set_property(TARGET ${target} PROPERTY INTERFACE_INCLUDE_DIRECTORIES "${exported}")
endfunction()

function(mia_repair_targets)
  get_property(imported DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS imported)
    mia_keep_existing_folders(${target})
  endforeach()
  get_property(ours DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS ours)
    mia_export_no_source_folders(${target})
  endforeach()
endfunction()

cmake_language(DEFER CALL mia_repair_targets)
