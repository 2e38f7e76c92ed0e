import { Catch, type RpcExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Hands a handler's error on as it is. Without it Nest replaces every error by "Internal server error", and the bus could not tell a
 * passing failure from a lasting one.
 */
export class DeliveryErrorFilter implements RpcExceptionFilter<unknown> {
  catch(exception: unknown): Observable<never> {
    return throwError(() => exception);
  }
}

Catch()(DeliveryErrorFilter);
