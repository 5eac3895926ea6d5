import {
  FormatReceipt,
  FormatSpec,
  FormatVersion,
  FormatVersionName,
  FormatVersionSummary,
} from '../format.ts'
import { FormatName } from '../names.ts'
import { asOfQuery, pageOf, pageQuery } from '../page.ts'
import { closed, inNamespace, operation, prefix, writeQuery } from './operation.ts'

/** A schema and the entry of full size, with spacing. */
const FORMAT_BODY_MAX_BYTES = 256 * 1024

const inVersion = closed({ ...inNamespace, format: FormatName, version: FormatVersionName })

/** Formats: how states are written, version by version. */
export const formatOperations = {
  publishFormat: operation({
    method: 'PUT',
    path: `${prefix}/formats/{format}/versions/{version}`,
    summary: 'Publish a version of a checkpoint format',
    description:
      'A published version never changes; the same again answers the same. From then on, registrations that name it are checked against its schema.',
    tag: 'formats',
    verb: 'admin',
    reach: 'namespace',
    params: inVersion,
    query: writeQuery,
    body: FormatSpec,
    bodyMaxBytes: FORMAT_BODY_MAX_BYTES,
    response: FormatReceipt,
    answer: 'json',
    repeat: 'safe',
    errors: [
      'NAMESPACE_NOT_FOUND',
      'FORMAT_SCHEMA_INVALID',
      'FORMAT_INCOMPATIBLE',
      'FORMAT_CONFLICT',
      'FORMAT_NOT_FOUND',
      'UPCAST_INVALID',
      'DOCUMENT_TOO_LARGE',
    ],
  }),
  getFormatVersion: operation({
    method: 'GET',
    path: `${prefix}/formats/{format}/versions/{version}`,
    summary: 'Get a version of a checkpoint format',
    tag: 'formats',
    verb: 'read',
    reach: 'none',
    params: inVersion,
    query: closed(asOfQuery),
    response: FormatVersion,
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'FORMAT_NOT_FOUND', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  getFormat: operation({
    method: 'GET',
    path: `${prefix}/formats/{format}`,
    summary: 'Get the versions of a checkpoint format with their changelog, newest first',
    tag: 'formats',
    verb: 'read',
    reach: 'none',
    params: closed({ ...inNamespace, format: FormatName }),
    query: closed({ ...pageQuery, ...asOfQuery }),
    response: pageOf(FormatVersionSummary, 'FormatVersionPage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'FORMAT_NOT_FOUND', 'INVALID_CURSOR', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
  listFormats: operation({
    method: 'GET',
    path: `${prefix}/formats`,
    summary: 'List checkpoint formats by name, each with its newest version',
    tag: 'formats',
    verb: 'read',
    reach: 'none',
    params: closed(inNamespace),
    query: closed({ ...pageQuery, ...asOfQuery }),
    response: pageOf(FormatVersionSummary, 'FormatPage'),
    answer: 'json',
    repeat: 'safe',
    errors: ['NAMESPACE_NOT_FOUND', 'INVALID_CURSOR', 'LOG_INDEX_OUT_OF_RANGE'],
  }),
}
